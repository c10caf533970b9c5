// Ops on descriptors and on whole files, each with a success and a failure.
#include <sys/mman.h>

#include "sys/sys.h"
#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

std::string contentOf(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  CHECK(fd >= 0);
  std::string content(1 << 20, 0);
  const ssize_t got = read(fd, content.data(), content.size());
  close(fd);
  CHECK(got >= 0);
  content.resize(static_cast<size_t>(got));
  return content;
}

class Files {
 public:
  void run() {
    opening();
    reading();
    writing();
    writingLarge();
    cutting();
    descriptors();
    wholeFiles();
    copying();
  }

 private:
  Result finish(Op* op) {
    Result r = env_.run(op);
    CHECK_EQ(r.outcome, Outcome::completed);
    return r;
  }
  Result onFd(Code code, int fd, int i0 = 0, int i1 = 0, double d0 = 0, double d1 = 0) {
    Op* op = env_.make(code);
    op->fd = sys::Descriptor(fd);
    op->i0 = i0;
    op->i1 = i1;
    op->d0 = d0;
    op->d1 = d1;
    return finish(op);
  }
  int opened(const std::string& path, int flags) {
    const Result r = finish(env_.makeOpen(path, flags, 0644));
    CHECK(r.value >= 0);
    return static_cast<int>(r.value);
  }
  void closes(int fd) { CHECK_EQ(onFd(Code::close, fd).value, 0); }
  Result write(int fd, std::string_view data, double position, Code code = Code::write) {
    Op* op = env_.make(code, {}, {}, data);
    op->fd = sys::Descriptor(fd);
    op->d0 = position;
    op->i0 = 1;
    return finish(op);
  }
  Result readFile(const std::string& path, int fd = -1, double most = 1e9) {
    Op* op = env_.make(Code::readFile, path);
    op->fd = sys::Descriptor(fd);
    op->i0 = O_RDONLY;
    op->d0 = most;
    return finish(op);
  }
  Result writeFile(const std::string& path, std::string_view data, int flags, int flush = 0) {
    Op* op = env_.make(Code::writeFile, path, {}, data);
    op->i0 = O_WRONLY | O_CREAT | flags;
    op->i1 = 0644;
    op->i2 = flush;
    return finish(op);
  }
  Result copy(const std::string& from, const std::string& to, int mode = 0) {
    Op* op = env_.make(Code::copyFile, from, to);
    op->i0 = mode;
    return finish(op);
  }

  void opening() {
    const std::string file = dir_.write("file", "content");
    Result r = finish(env_.makeOpen(file, O_RDONLY));
    CHECK(r.value >= 0);
    CHECK(!r.tookEffect);
    CHECK((fcntl(static_cast<int>(r.value), F_GETFD) & FD_CLOEXEC) != 0);
    closes(static_cast<int>(r.value));
    CHECK_EQ(onFd(Code::close, static_cast<int>(r.value)).value, -EBADF);
    CHECK_EQ(finish(env_.makeOpen(dir_ / "none", O_RDONLY)).value, -ENOENT);
    CHECK_EQ(finish(env_.makeOpen(file, O_RDWR | O_CREAT | O_EXCL)).value, -EEXIST);
    CHECK_EQ(finish(env_.makeOpen(dir_.path(), O_WRONLY)).value, -EISDIR);
    r = finish(env_.makeOpen(dir_ / "created", O_RDWR | O_CREAT, 0600));
    CHECK(r.value >= 0);
    CHECK(r.tookEffect);
    closes(static_cast<int>(r.value));
  }

  void reading() {
    const int fd = opened(dir_ / "file", O_RDONLY);
    CHECK_EQ(finish(env_.makeRead(fd, 3)).bytes, "con");
    CHECK_EQ(finish(env_.makeRead(fd, 100)).bytes, "tent");
    CHECK_EQ(finish(env_.makeRead(fd, 100)).value, 0);
    CHECK_EQ(finish(env_.makeRead(fd, 100, 4)).bytes, "ent");
    CHECK_EQ(finish(env_.makeRead(fd, 100, 1000)).value, 0);
    CHECK_EQ(finish(env_.makeRead(fd, 0, 0)).value, 0);
    CHECK_EQ(write(fd, "x", -1).value, -EBADF);
    closes(fd);
    CHECK_EQ(finish(env_.makeRead(fd, 1)).value, -EBADF);
    Pipe pipe;
    CHECK_EQ(finish(env_.makeRead(pipe.read, 1, 0)).value, -ESPIPE);
    pipe.closeWrite();
    CHECK_EQ(finish(env_.makeRead(pipe.read, 1)).value, 0);
  }

  void writing() {
    const int fd = opened(dir_ / "written", O_RDWR | O_CREAT);
    Result r = write(fd, "hello", -1);
    CHECK_EQ(r.value, 5);
    CHECK(r.tookEffect);
    CHECK_EQ(write(fd, " world", -1, Code::writev).value, 6);
    CHECK_EQ(write(fd, "J", 0).value, 1);
    CHECK_EQ(contentOf(dir_ / "written"), "Jello world");
    const std::string big(3 * 1024 * 1024, 'b');
    CHECK_EQ(write(fd, big, 0).value, big.size());
    CHECK_EQ(finish(env_.makeRead(fd, big.size(), 0)).bytes.size(), big.size());
    closes(fd);
    Pipe pipe;
    signal(SIGPIPE, SIG_IGN);
    close(pipe.read);
    CHECK_EQ(write(pipe.write, "x", -1).value, -EPIPE);
    pipe.read = open("/dev/null", O_RDONLY | O_CLOEXEC);
  }

  // Returns the memory of the op's own that the write took.
  size_t scratchOfLargeWrite(sys::Descriptor fd, const std::string& data) {
    Op* op = env_.make(Code::write);
    op->fd = fd;
    op->d0 = 0;
    Span span{reinterpret_cast<const uint8_t*>(data.data()), data.size()};
    op->spans = &span;
    op->dataSize = data.size();
    env_.start(op);
    Event* event = env_.next();
    CHECK(event->op == op);
    CHECK_EQ(op->result, data.size());
    const size_t taken = op->scratch.capacity();
    env_.finish(event);
    return taken;
  }

  // A file that lives in memory is written straight from the caller's memory.
  void writingLarge() {
    std::string data(3 * 1024 * 1024 + 1, 0);
    for (size_t i = 0; i < data.size(); i++) data[i] = static_cast<char>(i * 7 + i / 4096);
    const sys::Descriptor inMemory{memfd_create("written", MFD_CLOEXEC)};
    CHECK(inMemory >= 0);
    const size_t taken = scratchOfLargeWrite(inMemory, data);
    if (sys::livesInMemory(inMemory)) CHECK_EQ(taken, 0);
    std::string content(data.size(), 0);
    CHECK_EQ(pread(inMemory, content.data(), content.size(), 0), content.size());
    CHECK(content == data);
    close(inMemory);
    const sys::Descriptor onDisk{opened(dir_ / "large", O_RDWR | O_CREAT)};
    const size_t copied = scratchOfLargeWrite(onDisk, data);
    if (!sys::livesInMemory(onDisk)) CHECK(copied >= 1024 * 1024);
    CHECK(contentOf(dir_ / "large") == data.substr(0, 1 << 20));
    closes(onDisk);
  }

  void cutting() {
    const std::string file = dir_.write("cut", "123456");
    Op* op = env_.make(Code::truncate, file);
    op->d0 = 3;
    CHECK_EQ(finish(op).value, 0);
    CHECK_EQ(contentOf(file), "123");
    const Result r = finish(env_.make(Code::truncate, dir_ / "none"));
    CHECK_EQ(r.value, -ENOENT);
    CHECK_EQ(r.failed, Step::open);
    const int fd = opened(file, O_RDWR);
    CHECK_EQ(onFd(Code::ftruncate, fd, 0, 0, 1).value, 0);
    CHECK_EQ(contentOf(file), "1");
    closes(fd);
    const int readOnly = opened(file, O_RDONLY);
    CHECK_EQ(onFd(Code::ftruncate, readOnly).value, -EINVAL);
    closes(readOnly);
  }

  void descriptors() {
    const int fd = opened(dir_ / "file", O_RDWR);
    struct stat s;
    CHECK_EQ(onFd(Code::fchmod, fd, 0, 0600).value, 0);
    CHECK_EQ(onFd(Code::fchown, fd, static_cast<int>(getuid()), -1).value, 0);
    CHECK_EQ(onFd(Code::futimes, fd, 0, 0, 10, 20).value, 0);
    CHECK_EQ(onFd(Code::fsync, fd).value, 0);
    CHECK_EQ(onFd(Code::fdatasync, fd).value, 0);
    CHECK_EQ(::fstat(fd, &s), 0);
    CHECK_EQ(s.st_mode & 07777, 0600);
    const Result r = onFd(Code::fstat, fd);
    CHECK_EQ(r.value, 0);
    CHECK_EQ(r.numbers[7], s.st_ino);
    CHECK_EQ(r.numbers[12], 20);
    closes(fd);
    for (const Code code : {Code::fstat, Code::fchmod, Code::fchown, Code::futimes, Code::fsync,
                            Code::fdatasync, Code::ftruncate, Code::dirread}) {
      CHECK_EQ(onFd(code, fd).value, -EBADF);
    }
  }

  void wholeFiles() {
    for (const size_t size : {size_t{0}, size_t{1}, size_t{4096}, size_t{700000}}) {
      const std::string content(size, 'c');
      Result r = writeFile(dir_ / "whole", content, O_TRUNC, size == 1 ? 1 : 0);
      CHECK_EQ(r.value, size);
      CHECK(r.tookEffect);
      CHECK(contentOf(dir_ / "whole") == content);
      r = readFile(dir_ / "whole");
      CHECK_EQ(r.value, size);
      CHECK(r.bytes == content);
    }
    CHECK_EQ(writeFile(dir_ / "whole", "tail", O_APPEND).value, 4);
    CHECK_EQ(readFile(dir_ / "whole").value, 700004);
    const Result large = readFile(dir_ / "whole", -1, 100);
    CHECK_EQ(large.value, -EFBIG);
    CHECK_EQ(large.failed, Step::tooLarge);
    CHECK_EQ(large.numbers[0], 700004);
    const Result endless = readFile("/dev/zero", -1, 1e6);
    CHECK_EQ(endless.value, -EFBIG);
    CHECK_EQ(endless.failed, Step::tooLarge);
    Result r = readFile(dir_ / "none");
    CHECK_EQ(r.value, -ENOENT);
    CHECK_EQ(r.failed, Step::open);
    r = readFile(dir_.path());
    CHECK_EQ(r.value, -EISDIR);
    CHECK_EQ(r.failed, Step::read);
    r = writeFile(dir_ / "no/where", "x", O_TRUNC);
    CHECK_EQ(r.value, -ENOENT);
    CHECK(!r.tookEffect);

    // From a descriptor: from its position on. From a file without a size: to its end.
    const int fd = opened(dir_ / "file", O_RDONLY);
    CHECK_EQ(finish(env_.makeRead(fd, 3)).bytes, "con");
    CHECK_EQ(readFile({}, fd).bytes, "tent");
    closes(fd);
    Pipe pipe;
    pipe.put("through a pipe");
    pipe.closeWrite();
    CHECK_EQ(readFile({}, pipe.read).bytes, "through a pipe");
  }

  void copying() {
    const std::string content(600000, 'k');
    const std::string from = dir_.write("from", content);
    CHECK_EQ(chmod(from.c_str(), 0640), 0);
    dir_.write("to", std::string(700000, 'o'));
    Result r = copy(from, dir_ / "to");
    CHECK_EQ(r.value, 0);
    CHECK(r.tookEffect);
    CHECK(contentOf(dir_ / "to") == content);
    struct stat s;
    CHECK_EQ(stat((dir_ / "to").c_str(), &s), 0);
    CHECK_EQ(s.st_mode & 07777, 0640);
    constexpr int kExclusive = 1;
    constexpr int kClone = 2;
    CHECK_EQ(copy(from, dir_ / "to", kExclusive).value, -EEXIST);
    CHECK_EQ(copy(from, dir_ / "cloned", kClone).value, 0);
    CHECK(contentOf(dir_ / "cloned") == content);
    CHECK_EQ(copy(dir_ / "none", dir_ / "never").value, -ENOENT);
    CHECK_EQ(access((dir_ / "never").c_str(), F_OK), -1);
    CHECK_EQ(copy(from, from).value, 0);  // onto itself: nothing is lost
    CHECK(contentOf(from) == content);
    CHECK_EQ(copy(from, dir_ / "no/where").value, -ENOENT);
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
  Files().run();
  CHECK_EQ(openDescriptors(), before);
}
