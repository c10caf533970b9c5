// Observing ops from outside: the survey, statistics, the JSON of the control socket, and its answers.
#include <memory>
#include <thread>

#include "control/answers.h"
#include "control/json.h"
#include "control/paths.h"
#include "core/functions.h"
#include "core/stats.h"
#include "core/survey.h"
#include "sys/peek.h"
#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

void buckets() {
  CHECK_EQ(bucketOf(-1), 0u);
  CHECK_EQ(bucketOf(0), 0u);
  int64_t bound = kMicrosecond;
  for (size_t bucket = 0; bucket < kBuckets - 1; bucket++, bound *= 4) {
    CHECK_EQ(bucketOf(bound), bucket);
    CHECK_EQ(bucketOf(bound + 1), bucket + 1);
  }
  CHECK_EQ(bucketOf(kNever), kBuckets - 1);
}

void names() {
  CHECK_EQ(functions::numberOf("open"), static_cast<int>(Code::open));
  const int number = functions::numberOf("someFunction");
  CHECK_EQ(number, static_cast<int>(Code::count));
  CHECK_EQ(functions::numberOf("someFunction"), number);
  CHECK(functions::nameOf(number) == "someFunction");
  CHECK(functions::nameOf(number + 1).empty());
  CHECK(functions::nameOf(-1).empty());
}

void json() {
  using namespace control;
  const auto parsed = parse(R"( {"v":1, "do":"li\u0073t\n", "x":-2.5, "n":null, "é":"\ud83d\ude00"} )");
  CHECK(parsed.has_value());
  CHECK(parsed->find("do")->second.text == "list\n");
  CHECK(parsed->find("x")->second.number == -2.5);
  CHECK(parsed->find("é")->second.text == "\xf0\x9f\x98\x80");
  for (const char* wrong :
       {"", "{", "[]", "{\"a\":}", "{\"a\":{}}", "{\"a\":1}x", "{\"a\":\"\\ud800\"}", "{\"a\":1e5}"})
    CHECK(!parse(wrong).has_value());
  Json out;
  out.open('{').field("a", "x\"\n\xff").field("b", 1.0005).field("c", true).field("d", -3).close('}');
  CHECK(out.take() == R"({"a":"x\"\u000a\ufffd","b":1.001,"c":true,"d":-3})");
}

// Whatever bytes a path has, what is written is read as them, and is text.
void paths() {
  using namespace control;
  const Paths plain(*parse(R"({"v":1,"escaped":false})"));
  const Paths escaped(*parse(R"({"v":1,"escaped":true})"));
  CHECK(!Paths(*parse(R"({"v":1})")).areEscaped());
  CHECK(!Paths(*parse(R"({"escaped":"1"})")).areEscaped());
  CHECK(plain.write("/a\xff\\377") == "/a\xff\\377");
  CHECK(plain.read("/a\\377") == "/a\\377");
  CHECK(escaped.write("/\xc3\xa4\xff\n\\377\xc3") == "/\xc3\xa4\\377\n\\134377\\303");
  CHECK(escaped.read("/\\377\\40\\400\\0") == "/\xff\\40\\400\\0");
  for (int byte = 1; byte < 256; byte++) {
    const std::string path = std::string("/x") + static_cast<char>(byte) + "377";
    CHECK(escaped.read(escaped.write(path)) == path);
  }
}

// Unmapped memory reads as nothing. A text ends where its page ends.
void peek() {
  sys::Peek peek;
  CHECK(peek.text("text", 100) == "text");
  CHECK(peek.text("text", 2) == "te");
  CHECK(peek.text(nullptr, 100).empty());
  CHECK(peek.text(reinterpret_cast<const char*>(8), 100).empty());
  const std::string large(3000, 'x');
  CHECK(peek.text(large.c_str(), 4096) == large);
}

// An op that waits is seen, is interrupted by a request of the socket, and is counted.
void seenFromOutside() {
  Env env;
  Pipe pipe;
  Op* op = env.makeRead(pipe.read, 1);
  op->function = static_cast<uint8_t>(Code::read);
  env.start(op);
  eventually([&] { return op->state.state() == State::Running && op->call.load() != Call::none; });
  const std::vector<Sight> sights = pendingop::survey();
  CHECK_EQ(sights.size(), 1u);
  CHECK(sights[0].op == op);
  CHECK_EQ(sights[0].fd, pipe.read);
  CHECK(opNamed(sights[0].number, sights[0].generation) == op);
  CHECK(opNamed(sights[0].number, sights[0].generation + 1) == nullptr);
  CHECK_EQ(census().running, 1u);

  const std::string name = std::to_string(sights[0].number) + '.' + std::to_string(sights[0].generation);
  control::Waiting waiting;
  CHECK(control::answer(R"({"v":1,"do":"interrupt","op":")" + name + "\"}", 0, &waiting).empty());
  Event* event = env.next();
  CHECK_EQ(event->outcome, Outcome::interrupted);
  const std::string outcomes = waiting.interrupting.outcomes();
  CHECK(outcomes.find(R"("outcome":"interrupted")") != std::string::npos);
  env.finish(event);
  CHECK(pendingop::survey().empty());
  auto totals = std::make_unique<Totals>();
  Client::addTotals(totals.get());
  CHECK_EQ(totals->functions[static_cast<int>(Code::read)].ended[static_cast<int>(Ended::interrupted)], 1u);
}

// While ops come and go as fast as they can, every op that is seen is consistent.
void churn(const TempDir& dir) {
  Env env;
  const std::string file = dir.write("churn", "");
  std::atomic<bool> over{false};
  std::thread looker([&] {
    while (!over.load()) {
      for (const Sight& sight : pendingop::survey()) CHECK(sight.path == file);
    }
  });
  for (int i = 0; i < 3000; i++) CHECK_EQ(env.run(env.make(Code::access, file)).value, 0);
  over.store(true);
  looker.join();
}

}  // namespace

int main() {
  watchdog();
  startPool();
  const TempDir dir;
  buckets();
  names();
  json();
  paths();
  peek();
  seenFromOutside();
  churn(dir);
}
