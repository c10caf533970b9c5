#include "control/notices.h"

#include <vector>

#include "base/futex.h"

namespace pendingop::control::notices {

namespace {
struct Listening {
  Listener listener;
  void* context;
};
Mutex mutex;
std::vector<Listening>& listeners GUARDED_BY(mutex) = *new std::vector<Listening>;
}  // namespace

void listen(Listener listener, void* context) {
  Lock lock(mutex);
  listeners.push_back({listener, context});
}

void unlisten(void* context) {
  Lock lock(mutex);
  std::erase_if(listeners, [context](const Listening& one) { return one.context == context; });
}

void tell(std::string_view what, std::string subject, uint32_t uid) {
  const Notice notice{std::string(what), std::move(subject), uid};
  Lock lock(mutex);
  for (const Listening& one : listeners) one.listener(one.context, notice);
}

}  // namespace pendingop::control::notices
