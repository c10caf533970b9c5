// countPrimes(limit, options): computes, so no signal ends it. It asks now and then whether it was
// interrupted.
#include <cerrno>
#include <memory>

#include "addon.h"

namespace {

struct Count {
  const pendingop_api* po;
  int64_t limit;

  static void* operator new(size_t size) { return take_memory(size); }
  static void operator delete(void* memory) { give_memory(memory); }
};

bool isPrime(int64_t n) {
  for (int64_t divisor = 2; divisor * divisor <= n; divisor++) {
    if (n % divisor == 0) return false;
  }
  return true;
}

int64_t execute(pendingop_op* op, void* data) {
  const auto& count = *static_cast<Count*>(data);
  int64_t primes = 0;
  for (int64_t n = 2; n < count.limit; n++) {
    if (n % 1024 == 0 && count.po->interrupted(op)) return -EINTR;
    if (isPrime(n)) primes++;
  }
  return primes;
}

napi_value countPrimes(napi_env env, napi_callback_info info) {
  const invocation given = invocation_of(env, info);
  int64_t limit;
  if (napi_get_value_int64(env, given.arguments[0], &limit) != napi_ok)
    return type_error(env, "countPrimes: the limit must be a number");
  std::unique_ptr<Count> count(new Count{given.po, limit});

  pendingop_call call{};
  call.fn = "countPrimes";
  call.params = params_of(env, &given, 1);
  call.options = given.arguments[1];
  call.execute = execute;
  call.destroy = [](void* data) { delete static_cast<Count*>(data); };
  call.data = count.get();
  napi_value promise;
  if (pendingop_run(given.po, env, &call, &promise) != napi_ok) return nullptr;
  count.release();  // pendingop's from here on
  return promise;
}

}  // namespace

void define_count(napi_env env, napi_value object, const pendingop_api* po) {
  add_function(env, object, "countPrimes", countPrimes, po);
}
