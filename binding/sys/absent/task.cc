// No tasks: workers are threads.
#include "sys/task.h"

#include <stdlib.h>

#include "base/errors.h"
#include "base/futex.h"
#include "sys/signal.h"

namespace pendingop::sys {

bool tasksRefused() { return true; }
long startTask(const TaskStart&, int) { return -ENOSYS; }
bool hadTasks() { return false; }
void prepareTasks() {}
OwnTables ownTables() { return OwnTables::none; }
void endTask() { abort(); }
uint32_t taskId() { return 0; }
bool signalTask(uint32_t, int) { return true; }
bool mayKill(uint32_t) { return false; }
bool killTask(uint32_t) { return false; }
bool reapTask(uint32_t) { return true; }
void resumeTask(const SavedCall&, long, std::atomic<uint32_t>*) { abort(); }
bool isOrphan() { return false; }
void forbidTasks() {}
void allowTasks() {}
void Remaining::addKilled(uint32_t) {}
Remaining endStandingTasks() { return {}; }
long passDescriptor(uint64_t, Descriptor) { return -ENOSYS; }
bool takeDescriptor(Passed*) { return false; }
long descriptorOf(const Passed&) { return -ENOSYS; }
void waitInCall(Runner&, std::atomic<uint32_t>& word, uint32_t expected) { waitWhile(word, expected, -1); }
void closeOwn(Descriptor) {}
uint8_t* mapStack() { return nullptr; }
void unmapStack(uint8_t*) {}

}  // namespace pendingop::sys
