// Ops on paths, each with a success and a failure.
#include <sys/statvfs.h>

#include <algorithm>
#include <cstring>

#include "ops/ops.h"
#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

class Paths {
 public:
  void run() {
    CHECK_EQ(mkdir((dir_ / "names").c_str(), 0700), 0);
    status();
    names();
    scans();
    bigDirectory();
    links();
    making();
    resolving();
    modesAndTimes();
  }

 private:
  Result does(Code code, std::string_view path, std::string_view dest = {}, int i0 = 0, int i1 = 0,
              double d0 = 0, double d1 = 0) {
    Op* op = env_.make(code, path, dest);
    op->i0 = i0;
    op->i1 = i1;
    op->d0 = d0;
    op->d1 = d1;
    Result r = env_.run(op);
    CHECK_EQ(r.outcome, Outcome::completed);
    return r;
  }

  static void sameAs(const Result& r, const struct stat& s) {
    CHECK_EQ(r.value, 0);
    CHECK(r.hasNumbers);
    CHECK_EQ(r.numbers[0], s.st_dev);
    CHECK_EQ(r.numbers[1], s.st_mode);
    CHECK_EQ(r.numbers[2], s.st_nlink);
    CHECK_EQ(r.numbers[3], s.st_uid);
    CHECK_EQ(r.numbers[4], s.st_gid);
    CHECK_EQ(r.numbers[7], s.st_ino);
    CHECK_EQ(r.numbers[8], s.st_size);
    CHECK_EQ(r.numbers[9], s.st_blocks);
  }

  void status() {
    const std::string file = dir_.write("file", "1234567");
    CHECK_EQ(symlink("file", (dir_ / "link").c_str()), 0);
    struct stat s;
    CHECK_EQ(stat(file.c_str(), &s), 0);
    sameAs(does(Code::stat, file), s);
    sameAs(does(Code::stat, dir_ / "link"), s);
    CHECK_EQ(lstat((dir_ / "link").c_str(), &s), 0);
    sameAs(does(Code::lstat, dir_ / "link"), s);
    CHECK_EQ(does(Code::stat, dir_ / "none").value, -ENOENT);
    CHECK_EQ(does(Code::lstat, file + "/under").value, -ENOTDIR);
    CHECK_EQ(does(Code::stat, std::string(5000, 'x')).value, -ENAMETOOLONG);
    CHECK_EQ(does(Code::stat, "").value, -ENOENT);

    struct statvfs fs;
    CHECK_EQ(statvfs(file.c_str(), &fs), 0);
    const Result r = does(Code::statfs, file);
    CHECK_EQ(r.value, 0);
    CHECK_EQ(r.numbers[1], fs.f_bsize);
    CHECK_EQ(r.numbers[2], fs.f_blocks);
    CHECK_EQ(does(Code::statfs, dir_ / "none").value, -ENOENT);

    CHECK_EQ(does(Code::access, file, {}, F_OK).value, 0);
    CHECK_EQ(does(Code::access, file, {}, R_OK | W_OK).value, 0);
    CHECK_EQ(does(Code::access, file, {}, X_OK).value, -EACCES);
    CHECK_EQ(does(Code::access, dir_ / "none").value, -ENOENT);
  }

  void names() {
    for (const char* name :
         {"names/b", "names/a", "names/ab", "names/\xff\xfe", "names/longer than eight bytes"})
      dir_.write(name, "");
    CHECK_EQ(mkdir((dir_ / "names/dir").c_str(), 0700), 0);
    dir_.fifo("names/fifo");
    CHECK_EQ(symlink("a", (dir_ / "names/link").c_str()), 0);
    Result r = does(Code::readdir, dir_ / "names");
    CHECK_EQ(r.value, 8);
    CHECK_EQ(r.bytes, "a/ab/b/dir/fifo/link/longer than eight bytes/\xff\xfe/");
    r = does(Code::readdir, dir_ / "names", {}, 1);
    CHECK_EQ(r.bytes, "1a/1ab/1b/2dir/4fifo/3link/1longer than eight bytes/1\xff\xfe/");
    CHECK_EQ(does(Code::readdir, dir_ / "names/dir").value, 0);
    CHECK_EQ(does(Code::readdir, dir_ / "none").value, -ENOENT);
    CHECK_EQ(does(Code::readdir, dir_ / "file").value, -ENOTDIR);
    CHECK_EQ(does(Code::opendir, dir_ / "file").value, -ENOTDIR);
  }

  // Types and names; the numbers of each before these, if they are wanted.
  void scans() {
    const Result plain = does(Code::scan, dir_ / "names");
    CHECK_EQ(plain.value, 8);
    CHECK_EQ(std::count(plain.bytes.begin(), plain.bytes.end(), '/'), 8);
    CHECK(plain.bytes.find("longer than eight bytes/") != std::string::npos);
    CHECK_EQ(does(Code::scan, dir_ / "names/dir").value, 0);
    CHECK_EQ(does(Code::scan, dir_ / "none").value, -ENOENT);
    CHECK_EQ(does(Code::scan, dir_ / "file").value, -ENOTDIR);
    for (const int how : {ops::kScansNumbers, ops::kScansNumbers | ops::kScansFollow}) {
      const Result r = does(Code::scan, dir_ / "names", {}, how);
      CHECK_EQ(r.value, 8);
      const size_t rows = 8 * kStatFields * sizeof(double);
      std::string_view names = std::string_view(r.bytes).substr(rows + 8);
      for (size_t i = 0; i < 8; i++) {
        const std::string name(names.substr(0, names.find('/')));
        names.remove_prefix(name.size() + 1);
        double row[kStatFields];
        memcpy(row, r.bytes.data() + i * sizeof row, sizeof row);
        struct stat s;
        const std::string path = dir_ / ("names/" + name);
        CHECK_EQ((how & ops::kScansFollow) != 0 ? ::stat(path.c_str(), &s) : lstat(path.c_str(), &s), 0);
        CHECK_EQ(row[1], s.st_mode);
        CHECK_EQ(row[7], static_cast<double>(s.st_ino));
        CHECK_EQ(row[8], static_cast<double>(s.st_size));
        CHECK_EQ(static_cast<uint8_t>(r.bytes[rows + i]), typeNumber(s.st_mode));
      }
    }
  }

  static uint8_t typeNumber(mode_t mode) {
    constexpr mode_t kTypes[] = {0, S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO};
    return static_cast<uint8_t>(std::find(kTypes, kTypes + 5, mode & S_IFMT) - kTypes);
  }

  // More than one buffer of entries, read as a whole and in parts.
  void bigDirectory() {
    CHECK_EQ(mkdir((dir_ / "big").c_str(), 0700), 0);
    std::string expected;
    for (int i = 10000; i < 13000; i++) {
      dir_.write("big/a rather long name for a file " + std::to_string(i), "");
      expected += "a rather long name for a file " + std::to_string(i) + "/";
    }
    const Result all = does(Code::readdir, dir_ / "big");
    CHECK_EQ(all.value, 3000);
    CHECK(all.bytes == expected);

    // Too many for one scan: it says so by giving none.
    const Result tooMany = does(Code::scan, dir_ / "big");
    CHECK(tooMany.value > 0 && tooMany.bytes.empty());
    const Result scanned = does(Code::opendir, dir_ / "big");
    int64_t found = 0;
    for (;;) {
      Op* op = env_.make(Code::scan);
      op->fd = sys::Descriptor(static_cast<int>(scanned.value));
      op->i0 = ops::kScansNumbers;
      const Result r = env_.run(op);
      CHECK(r.value >= 0);
      if (r.value == 0) break;
      found += r.value;
    }
    CHECK_EQ(found, 3000);
    CHECK_EQ(close(static_cast<int>(scanned.value)), 0);

    const Result opened = does(Code::opendir, dir_ / "big");
    CHECK(opened.value >= 0);
    std::vector<std::string> seen;
    for (;;) {
      Op* op = env_.make(Code::dirread);
      op->fd = sys::Descriptor(static_cast<int>(opened.value));
      op->i0 = 32;
      const Result r = env_.run(op);
      CHECK(r.value >= 0);
      if (r.value == 0) break;
      int64_t count = 0;
      for (size_t at = 0; at < r.bytes.size(); count++) {
        const size_t end = r.bytes.find('/', at);
        seen.push_back(r.bytes.substr(at, end - at));
        at = end + 1;
      }
      CHECK_EQ(count, r.value);
    }
    CHECK_EQ(seen.size(), 3000);
    std::sort(seen.begin(), seen.end());
    CHECK(std::unique(seen.begin(), seen.end()) == seen.end());
    CHECK_EQ(seen[0], "1a rather long name for a file 10000");
    ::close(static_cast<int>(opened.value));
  }

  void links() {
    const std::string file = dir_.write("linked", "x");
    CHECK_EQ(does(Code::link, file, dir_ / "second").value, 0);
    CHECK_EQ(does(Code::link, file, dir_ / "second").value, -EEXIST);
    CHECK_EQ(does(Code::link, dir_ / "none", dir_ / "third").value, -ENOENT);
    Result r = does(Code::symlink, "a target", dir_ / "symbolic");
    CHECK_EQ(r.value, 0);
    CHECK(r.tookEffect);
    r = does(Code::symlink, "a target", dir_ / "symbolic");
    CHECK_EQ(r.value, -EEXIST);
    CHECK(!r.tookEffect);
    r = does(Code::readlink, dir_ / "symbolic");
    CHECK_EQ(r.bytes, "a target");
    CHECK_EQ(does(Code::readlink, file).value, -EINVAL);
    // A hard link to a symbolic link is one more name of that link.
    CHECK_EQ(does(Code::link, dir_ / "symbolic", dir_ / "again").value, 0);
    CHECK_EQ(does(Code::readlink, dir_ / "again").bytes, "a target");
    CHECK_EQ(does(Code::rename, dir_ / "again", dir_ / "moved").value, 0);
    CHECK_EQ(does(Code::rename, dir_ / "again", dir_ / "moved").value, -ENOENT);
    CHECK_EQ(does(Code::unlink, dir_ / "moved").value, 0);
    CHECK_EQ(does(Code::unlink, dir_ / "moved").value, -ENOENT);
  }

  void making() {
    CHECK_EQ(does(Code::mkdir, dir_ / "made", {}, 0, 0700).value, 0);
    CHECK_EQ(does(Code::mkdir, dir_ / "made", {}, 0, 0700).value, -EEXIST);
    CHECK_EQ(does(Code::mkdir, dir_ / "no/where", {}, 0, 0700).value, -ENOENT);
    CHECK_EQ(symlink("nowhere", (dir_ / "dangling-dir").c_str()), 0);
    Result r = does(Code::mkdirp, dir_ / "made/a/b//c/", {}, 0, 0700);
    CHECK_EQ(r.value, 0);
    CHECK_EQ(r.bytes, dir_ / "made/a");
    r = does(Code::mkdirp, dir_ / "made/a/b/c", {}, 0, 0700);
    CHECK_EQ(r.value, 0);
    CHECK_EQ(r.bytes, "");
    CHECK_EQ(does(Code::mkdirp, dir_ / "file", {}, 0, 0700).value, -EEXIST);
    CHECK_EQ(does(Code::mkdirp, dir_ / "file/", {}, 0, 0700).value, -ENOTDIR);
    CHECK_EQ(does(Code::mkdirp, dir_ / "file/a/b", {}, 0, 0700).value, -ENOTDIR);
    r = does(Code::mkdirp, dir_ / "dangling-dir/a", {}, 0, 0700);
    CHECK_EQ(r.value, -ENOTDIR);
    CHECK_EQ(r.bytes, dir_ / "dangling-dir");
    r = does(Code::mkdirp, dir_ / "slashes//b//", {}, 0, 0700);
    CHECK_EQ(r.value, 0);
    CHECK_EQ(r.bytes, dir_ / "slashes/");
    CHECK_EQ(does(Code::rmdir, dir_ / "made/a").value, -ENOTEMPTY);
    CHECK_EQ(does(Code::rmdir, dir_ / "made/a/b/c").value, 0);
    CHECK_EQ(does(Code::rmdir, dir_ / "file").value, -ENOTDIR);

    r = does(Code::mkdtemp, dir_ / "temp-");
    CHECK_EQ(r.value, 0);
    CHECK_EQ(r.bytes.size(), (dir_ / "temp-").size() + 6);
    struct stat s;
    CHECK_EQ(stat(r.bytes.c_str(), &s), 0);
    CHECK_EQ(s.st_mode & 07777, 0700);
    CHECK(does(Code::mkdtemp, dir_ / "temp-").bytes != r.bytes);
    r = does(Code::mkdtemp, dir_ / "no/where-");
    CHECK_EQ(r.value, -ENOENT);
    CHECK_EQ(r.bytes.size(), 6u);
    r = does(Code::mkdtemp, std::string(PATH_MAX, 'x'));
    CHECK_EQ(r.value, -ENAMETOOLONG);
    CHECK_EQ(r.bytes.size(), 6u);
  }

  void resolving() {
    CHECK_EQ(mkdir((dir_ / "real").c_str(), 0700), 0);
    const std::string file = dir_.write("real/file", "");
    CHECK_EQ(symlink("../real/./file", (dir_ / "real/relative").c_str()), 0);
    CHECK_EQ(symlink((dir_ / "real").c_str(), (dir_ / "absolute").c_str()), 0);
    CHECK_EQ(symlink("loop", (dir_ / "loop").c_str()), 0);
    CHECK_EQ(symlink("nowhere", (dir_ / "dangling").c_str()), 0);
    for (const char* path :
         {"real/file", "real//file", "real/../real/./file", "absolute/file", "absolute/relative"}) {
      CHECK_EQ(does(Code::realpath, dir_ / path).bytes, file);
    }
    CHECK_EQ(does(Code::realpath, "/").bytes, "/");
    CHECK_EQ(does(Code::realpath, "/..//.").bytes, "/");
    CHECK_EQ(does(Code::realpath, dir_ / "absolute/").bytes, dir_ / "real");
    CHECK_EQ(does(Code::realpath, dir_ / "loop").value, -ELOOP);
    CHECK_EQ(does(Code::realpath, dir_ / "dangling").value, -ENOENT);
    CHECK_EQ(does(Code::realpath, dir_ / "real/file/").value, -ENOTDIR);
    CHECK_EQ(does(Code::realpath, dir_ / "real/file/..").value, -ENOTDIR);
    CHECK_EQ(does(Code::realpath, "").value, -ENOENT);
    // Relative to the working directory.
    CHECK_EQ(chdir((dir_ / "real").c_str()), 0);
    CHECK_EQ(does(Code::realpath, "file").bytes, file);
    CHECK_EQ(does(Code::realpath, ".").bytes, dir_ / "real");
    CHECK_EQ(does(Code::realpath, "../absolute/relative").bytes, file);
    CHECK_EQ(chdir("/"), 0);
  }

  void modesAndTimes() {
    const std::string file = dir_.write("mode", "");
    struct stat s;
    CHECK_EQ(does(Code::chmod, file, {}, 0, 0640).value, 0);
    CHECK_EQ(stat(file.c_str(), &s), 0);
    CHECK_EQ(s.st_mode & 07777, 0640);
    CHECK_EQ(does(Code::chmod, dir_ / "none", {}, 0, 0640).value, -ENOENT);
    const int uid = static_cast<int>(getuid());
    const int gid = static_cast<int>(getgid());
    CHECK_EQ(does(Code::chown, file, {}, uid, gid).value, 0);
    CHECK_EQ(does(Code::chown, file, {}, -1, -1).value, 0);
    CHECK_EQ(does(Code::chown, dir_ / "dangling", {}, uid, gid).value, -ENOENT);
    CHECK_EQ(does(Code::lchown, dir_ / "dangling", {}, uid, gid).value, 0);

    CHECK_EQ(does(Code::utimes, file, {}, 0, 0, 1.25, 2.5).value, 0);
    const Result r = does(Code::stat, file);
    CHECK_EQ(r.numbers[10], 1);
    CHECK_EQ(r.numbers[11], 250000000);
    CHECK_EQ(r.numbers[12], 2);
    CHECK_EQ(r.numbers[13], 500000000);
    CHECK_EQ(does(Code::utimes, dir_ / "dangling", {}, 0, 0, 1, 2).value, -ENOENT);
    CHECK_EQ(does(Code::lutimes, dir_ / "dangling", {}, 0, 0, 100, 200).value, 0);
    CHECK_EQ(does(Code::lstat, dir_ / "dangling").numbers[12], 200);
  }

  const TempDir dir_;
  Env env_;
};

}  // namespace

int main() {
  watchdog();
  startPool();
  umask(022);
  const int before = openDescriptors();
  Paths().run();
  CHECK_EQ(openDescriptors(), before);
}
