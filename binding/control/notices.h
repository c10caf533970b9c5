// Tells the process what was done to it over the control socket. Any thread tells; whoever listens is called
// on the server's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pendingop::control::notices {

struct Notice {
  std::string what;     // 'interrupt', 'abort'
  std::string subject;  // how many calls, or which mount
  uint32_t uid;         // whose command it was
};

using Listener = void (*)(void* context, const Notice& notice);
void listen(Listener listener, void* context);
void unlisten(void* context);
void tell(std::string_view what, std::string subject, uint32_t uid);

}  // namespace pendingop::control::notices
