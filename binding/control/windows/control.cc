// Neither a control socket nor reports on a signal.
#include "base/errors.h"
#include "control/report.h"
#include "control/server.h"

namespace pendingop::control {

Server& Server::instance() { return theServer; }
Server& Server::theServer = *new Server;

int Server::open() { return -ENOSYS; }
void Server::close() {}
std::string Server::path() { return {}; }

int reportOn(int) { return -ENOSYS; }

}  // namespace pendingop::control
