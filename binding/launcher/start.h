#pragma once

// pendingop-launcher --start: executes the program that is requested over descriptor 3. Returns the exit code
// if that fails.
int start(void);
