// The functions that callers know ops by ('readFile', 'appendFile' …), by number: an op carries the number,
// so that whoever looks on from outside of JavaScript can name it. The first ones are the ops' own codes;
// JavaScript adds others, for the whole process. Any thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace pendingop::functions {

constexpr int kMost = 256;

// The number of a name, which it gets now if it has none; 0 when there are too many: the op's code names it
// then.
int numberOf(std::string_view name);
// Lives for ever. Empty: nobody has that number.
std::string_view nameOf(int number);

}  // namespace pendingop::functions
