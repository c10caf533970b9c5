// Whether what the toolchain file and CMakeLists.txt want has come as far as the compiler: cmake-js passes flags of its
// own, which take the place of some of CMake's variables.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Returns what the compiler was not told, one line for each file and flag. @param {string} folder that was built in */
export function flagFaults(folder, zigTarget, source) {
  const always = [`-target ${zigTarget}`, '-fno-sanitize=undefined', `-ffile-prefix-map=${source}=.`];
  const compiled = [...always, '-O2', '-DNDEBUG', '-fvisibility=hidden'];
  const wanted = (file) => {
    if (file.endsWith('.S')) return always;
    return /\.cc$/.test(file) ? [...compiled, '-fvisibility-inlines-hidden', '-fno-exceptions'] : compiled;
  };
  const commands = JSON.parse(readFileSync(join(folder, 'compile_commands.json'), 'utf8'));
  if (commands.length === 0) return [`${folder} has compiled nothing`];
  return commands.flatMap(({ file, command }) =>
    wanted(file)
      .filter((flag) => !` ${command.replaceAll('"', '')} `.includes(` ${flag} `))
      .map((flag) => `${file} was compiled without ${flag}`),
  );
}
