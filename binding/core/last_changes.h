// The end of an environment, or of the process: what becomes of the calls in flight that change something.
#pragma once

namespace pendingop {

class Client;

// The environment's own thread, before it closes the client, or the main thread at exit with null: the calls
// of all clients. Waits for calls that change something, as long as they get on, so that a program may unlink
// a file and exit, as with Node's own pool. A call that is stuck is not waited for: rule 4 of
// CONTRIBUTING.md.
void awaitChanges(const Client* client);

}  // namespace pendingop
