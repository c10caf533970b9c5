// Reports to the process what was done to it over the control socket. Any thread may report. The listener is
// called on the server's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pendingop::control::notices {

struct Notice {
  std::string what;     // 'interrupt' or 'abort'
  std::string subject;  // the number of calls, or the mount point
  uint32_t uid;         // the user who gave the order
};

using Listener = void (*)(void* context, const Notice& notice);
void listen(Listener listener, void* context);
void unlisten(void* context);
void tell(std::string_view what, std::string subject, uint32_t uid);

}  // namespace pendingop::control::notices
