#pragma once

// pendingop-launcher --start: becomes the program that comes over descriptor 3. The exit code where it
// cannot.
int start(void);
