// Which mount a path is on: the texts of mountinfo, and the table that follows the real one.
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "core/mounts.h"
#include "sys/remote.h"
#include "test/check.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

std::string line(int id, int parent, const std::string& point, const std::string& type = "ext4",
                 const std::string& root = "/", const std::string& source = "none") {
  return std::to_string(id) + " " + std::to_string(parent) + " 0:" + std::to_string(id) + " " + root + " " +
         point + " rw,relatime - " + type + " " + source + " rw\n";
}

int idOf(const MountTable& table, std::string_view path) {
  const Mount* mount = table.of(path);
  return mount == nullptr ? 0 : mount->id;
}

int remoteIdOf(const MountTable& table, std::string_view path) {
  const Mount* mount = table.remoteOf(path);
  return mount == nullptr ? 0 : mount->id;
}

void fields() {
  const MountTable table(
      "36 35 98:4294967295 /mnt1 /mnt2 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n"
      "37 36 0:52 / /mnt2/x rw - fuse.sshfs  rw,user_id=0\n"
      "38 36 8:1 /a\\040b\\011c /mnt2/d\\012e\\134f\\043 rw - tmpfs so\\040urce rw\n");
  CHECK_EQ(table.all().size(), 3);
  const Mount& first = table.all()[0];
  CHECK_EQ(first.id, 36);
  CHECK_EQ(first.parent, 35);
  CHECK_EQ(first.major, 98);
  CHECK_EQ(first.minor, 4294967295U);
  CHECK_EQ(first.root, "/mnt1");
  CHECK_EQ(first.point, "/mnt2");
  CHECK_EQ(first.type, "ext3");
  CHECK_EQ(first.source, "/dev/root");
  CHECK(!first.remote);
  const Mount& second = table.all()[1];
  CHECK_EQ(second.minor, 52);
  CHECK_EQ(second.type, "fuse.sshfs");
  CHECK_EQ(second.source, "");
  CHECK(second.remote);
  const Mount& third = table.all()[2];
  CHECK_EQ(third.root, "/a b\tc");
  CHECK_EQ(third.point, "/mnt2/d\ne\\f#");
  CHECK_EQ(third.source, "so urce");
  CHECK(table.anyRemote());
  CHECK(table.byId(38) == &third);
  CHECK(table.byId(1) == nullptr);
  CHECK_EQ(idOf(table, "/mnt2/d\ne\\f#/g"), 38);
}

void nonsense() {
  CHECK_EQ(MountTable("").all().size(), 0);
  CHECK(MountTable("").of("/") == nullptr);
  for (const char* text :
       {"\n\n", "x", "1 2 3 / / rw - ext4 a rw", "1 2 0:3 / / rw", "1 2 0:3 / / rw -", "1 2 0:3 / / rw - ",
        "1 2 0:x / / rw - ext4 a rw", "1 2 0:3 / point rw - ext4 a rw", "1 2 0:3 / / rw opt opt",
        "99999999999 2 0:3 / / rw - ext4 a rw"})
    CHECK_EQ(MountTable(text).all().size(), 0);
  // No line break at the end, a line that ends with the type, and a backslash that begins no number.
  const MountTable odd("1 0 0:3 / / rw - ext4\n2 1 0:4 / /a\\04\\ rw - ext4 b rw");
  CHECK_EQ(odd.all().size(), 2);
  CHECK_EQ(odd.all()[1].point, "/a\\04\\");
  // Ids that form a circle.
  const MountTable circle(line(1, 1, "/") + line(2, 1, "/a") + line(1, 2, "/a/b"));
  CHECK(circle.of("/a") != nullptr);
}

void nested() {
  const MountTable table(line(20, 1, "/") + line(21, 20, "/a") + line(22, 21, "/a/b/c") +
                         line(23, 20, "/ab") + line(24, 20, "/file", "ext4", "/some/file"));
  CHECK_EQ(idOf(table, "/"), 20);
  CHECK_EQ(idOf(table, "/x"), 20);
  CHECK_EQ(idOf(table, "/a"), 21);
  CHECK_EQ(idOf(table, "/a/b"), 21);
  CHECK_EQ(idOf(table, "/a/b/c"), 22);
  CHECK_EQ(idOf(table, "/a/b/c/d/e"), 22);
  CHECK_EQ(idOf(table, "/a/b/cd"), 21);
  CHECK_EQ(idOf(table, "/ab"), 23);
  CHECK_EQ(idOf(table, "/abc"), 20);
  CHECK_EQ(idOf(table, "/file"), 24);
  for (const Mount& mount : table.all()) CHECK(mount.visible);
}

void pathsAsText() {
  const MountTable table(line(20, 1, "/") + line(21, 20, "/a") + line(22, 21, "/a/b"));
  CHECK_EQ(idOf(table, "/a/"), 21);
  CHECK_EQ(idOf(table, "//a//b//"), 22);
  CHECK_EQ(idOf(table, "/./a/./b/."), 22);
  CHECK_EQ(idOf(table, "/a/b/.."), 21);
  CHECK_EQ(idOf(table, "/a/b/../.."), 20);
  CHECK_EQ(idOf(table, "/../../a/x/../b/c"), 22);
  CHECK_EQ(idOf(table, "/a/..b"), 21);
  CHECK_EQ(idOf(table, "/a/b/.hidden"), 22);
  CHECK_EQ(idOf(table, "/a/b/..."), 22);
  CHECK_EQ(idOf(table, ""), 0);
  CHECK_EQ(idOf(table, "a"), 0);
  CHECK_EQ(idOf(table, "./a"), 0);
}

void bytes() {
  const std::string strange = "/\xff\xfe/x";
  const MountTable table(line(20, 1, "/") + line(21, 20, strange));
  CHECK_EQ(idOf(table, strange), 21);
  CHECK_EQ(idOf(table, strange + "/\x80"), 21);
  CHECK_EQ(idOf(table, "/\xef\xbf\xbd\xef\xbf\xbd/x"), 20);
}

void bindMounts() {
  // A folder of 21 that is shown elsewhere, and once more below itself.
  const MountTable table(line(20, 1, "/") + line(21, 20, "/srv", "nfs4") +
                         line(22, 20, "/home/me/shared", "nfs4", "/folder") +
                         line(23, 22, "/home/me/shared/deep", "nfs4", "/folder"));
  CHECK_EQ(idOf(table, "/srv/folder/x"), 21);
  CHECK_EQ(idOf(table, "/home/me/shared/x"), 22);
  CHECK_EQ(idOf(table, "/home/me/shared/deep/x"), 23);
  CHECK_EQ(idOf(table, "/home/me"), 20);
}

void overmounts() {
  // 22, 23 and 24 are stacked on /a, in any order of lines. 25 was mounted within 22, and 26 within 24.
  const MountTable table(line(24, 23, "/a") + line(20, 1, "/") + line(25, 22, "/a/b") + line(23, 22, "/a") +
                         line(22, 20, "/a") + line(26, 24, "/a/c"));
  CHECK_EQ(idOf(table, "/a"), 24);
  CHECK_EQ(idOf(table, "/a/b"), 24);
  CHECK_EQ(idOf(table, "/a/c/d"), 26);
  CHECK(!table.byId(22)->visible);
  CHECK(!table.byId(23)->visible);
  CHECK(table.byId(24)->visible);
  CHECK(!table.byId(25)->visible);
  CHECK(table.byId(26)->visible);

  // A folder above is covered: 22 and what is on it are hidden, whether 23 has such a folder or not.
  const MountTable above(line(20, 1, "/") + line(21, 20, "/a/b") + line(22, 21, "/a/b/c") +
                         line(23, 20, "/a"));
  CHECK_EQ(idOf(above, "/a/b/c"), 23);
  CHECK(!above.byId(21)->visible);
  CHECK(!above.byId(22)->visible);
  // The same mount point in the covering mount is a mount of its own.
  const MountTable again(line(20, 1, "/") + line(21, 20, "/a/b") + line(23, 20, "/a") + line(24, 23, "/a/b"));
  CHECK_EQ(idOf(again, "/a/b"), 24);
}

void roots() {
  // The process is in the root that was mounted over the first one, which is then not listed.
  const MountTable usual(line(29, 1, "/") + line(30, 29, "/proc"));
  CHECK_EQ(idOf(usual, "/x"), 29);
  // The process is in the first one itself, which is its own parent: a mount over it is not entered, nor is
  // what is on that.
  const MountTable initial(line(1, 1, "/", "rootfs") + line(20, 1, "/") + line(21, 20, "/proc") +
                           line(22, 1, "/dev"));
  CHECK_EQ(idOf(initial, "/x"), 1);
  CHECK_EQ(idOf(initial, "/proc"), 1);
  CHECK_EQ(idOf(initial, "/dev/null"), 22);
  // A chroot into a folder that is no mount point.
  const MountTable chroot(line(40, 20, "/dev") + line(41, 40, "/dev/pts") + line(42, 20, "/data"));
  CHECK(chroot.of("/") == nullptr);
  CHECK(chroot.of("/etc/passwd") == nullptr);
  CHECK_EQ(idOf(chroot, "/dev/null"), 40);
  CHECK_EQ(idOf(chroot, "/dev/pts/0"), 41);
  CHECK_EQ(idOf(chroot, "/data"), 42);
}

void deletedPoints() {
  const MountTable table(line(20, 1, "/") + line(21, 20, "/a//deleted"));
  CHECK_EQ(idOf(table, "/a"), 20);
  CHECK_EQ(idOf(table, "/a//deleted"), 20);
  CHECK(!table.byId(21)->visible);
}

void remoteTypes() {
  for (const char* type :
       {"nfs", "nfs4", "cifs", "smb3", "fuse", "fuseblk", "fuse.sshfs", "fuse.x", "9p", "ceph", "virtiofs",
        "autofs", "afs", "wekafs", "fakeowner", "grpcfuse", "drvfs", "afpfs"})
    CHECK(isRemote(type));
  for (const char* type : {"ext4", "tmpfs", "overlay", "fusectl", "nfsd", "proc", "btrfs", "", "nfs5"})
    CHECK(!isRemote(type));
}

void remotes() {
  const MountTable local(line(20, 1, "/") + line(21, 20, "/a"));
  CHECK(!local.anyRemote());
  CHECK(local.remoteOf("/a/b") == nullptr);

  const MountTable table(line(20, 1, "/") + line(21, 20, "/net", "nfs4") + line(22, 21, "/net/tmp", "tmpfs") +
                         line(23, 22, "/net/tmp/fuse", "fuse.x") + line(24, 20, "/cifs", "cifs") +
                         line(25, 24, "/cifs", "tmpfs"));
  CHECK(table.anyRemote());
  CHECK_EQ(remoteIdOf(table, "/"), 0);
  CHECK_EQ(remoteIdOf(table, "/netx"), 0);
  CHECK_EQ(remoteIdOf(table, "/net"), 21);
  CHECK_EQ(remoteIdOf(table, "//net/./x"), 21);
  CHECK_EQ(remoteIdOf(table, "/net/../x"), 0);
  CHECK_EQ(remoteIdOf(table, "/x/../net/a"), 21);
  // A remote mount lies on the way to a local one.
  CHECK_EQ(remoteIdOf(table, "/net/tmp/x"), 21);
  CHECK_EQ(remoteIdOf(table, "/net/tmp/fuse/x"), 23);
  // Hidden.
  CHECK_EQ(remoteIdOf(table, "/cifs/x"), 0);
  CHECK_EQ(remoteIdOf(table, "net"), 0);

  const MountTable everything(line(20, 1, "/", "nfs") + line(21, 20, "/tmp", "tmpfs"));
  CHECK_EQ(remoteIdOf(everything, "/"), 20);
  CHECK_EQ(remoteIdOf(everything, "/tmp/x"), 20);
}

std::string overlay(int id, const std::string& point, const std::string& options) {
  return std::to_string(id) + " 20 0:" + std::to_string(id) + " / " + point +
         " rw,relatime shared:7 - overlay overlay rw," + options + "\n";
}

// The folders that an overlay is made of lie elsewhere.
void overlays() {
  const std::string base = line(20, 1, "/") + line(21, 20, "/net", "nfs4") + line(22, 20, "/local");
  const auto isRemoteWith = [&](const std::string& options) {
    const MountTable table(base + overlay(30, "/merged", options));
    CHECK_EQ(table.byId(30)->remote, remoteIdOf(table, "/merged/x") == 30);
    return table.byId(30)->remote;
  };
  CHECK(isRemoteWith("lowerdir=/net/lower,upperdir=/local/up,workdir=/local/work"));
  CHECK(isRemoteWith("lowerdir=/local/a:/net:/local/b"));
  CHECK(isRemoteWith("lowerdir=/local/a,upperdir=/net/up,workdir=/net/work,xino=off"));
  CHECK(isRemoteWith("lowerdir+=/local/a,lowerdir+=/net/b"));
  CHECK(isRemoteWith("lowerdir=/local/a::/net/data"));
  CHECK(!isRemoteWith("lowerdir=/local/a:/local/b,upperdir=/local/up,workdir=/local/work"));
  CHECK(!isRemoteWith("lowerdir=l/ABC:l/DEF,upperdir=/var/lib/up"));
  CHECK(!isRemoteWith("lowerdir=/netx:/local"));
  // A colon and a comma that belong to a name, and a space.
  CHECK(!isRemoteWith("lowerdir=/local/a\\134:/net/b"));
  CHECK(!isRemoteWith("lowerdir=/local/a\\054upperdir=/net"));
  CHECK(isRemoteWith("lowerdir=/local/a\\040b:/net/b\\040c"));
  // An overlay on another one. The upper one comes first in the list.
  const MountTable both(base + overlay(31, "/second", "lowerdir=/merged/x") +
                        overlay(30, "/merged", "lowerdir=/net"));
  CHECK_EQ(remoteIdOf(both, "/second/x"), 31);
  // A mount below the mount point of a remote one is another file system. An overlay's own mount point may
  // lie below a folder that it is made of.
  const MountTable inside(base + line(23, 21, "/net/tmp", "tmpfs") +
                          overlay(30, "/merged", "lowerdir=/net/tmp/a"));
  CHECK_EQ(remoteIdOf(inside, "/merged"), 30);
  CHECK_EQ(remoteIdOf(MountTable(line(20, 1, "/") + overlay(30, "/loop", "lowerdir=/loop/a")), "/loop"), 0);
}

// A disk in a file, and a file system in a file on that disk.
void disks() {
  const auto disk = [](int id, const std::string& device, const std::string& point) {
    return std::to_string(id) + " 20 " + device + " / " + point + " rw - ext4 /dev/x rw\n";
  };
  const MountTable table(
      line(20, 1, "/") + line(21, 20, "/net", "nfs4") + disk(30, "7:0", "/far") +
          disk(31, "7:1", "/farther") + disk(32, "7:2", "/near") + disk(33, "8:1", "/here"),
      [](uint32_t major, uint32_t minor) -> std::vector<std::string> {
        if (major != 7) return {};
        static constexpr const char* kFiles[] = {"/net/image", "/far/image", "/netx/image"};
        return {"/tmp/log", kFiles[minor]};
      });
  CHECK_EQ(remoteIdOf(table, "/far/x"), 30);
  CHECK_EQ(remoteIdOf(table, "/farther/x"), 31);
  CHECK_EQ(remoteIdOf(table, "/near/x"), 0);
  CHECK_EQ(remoteIdOf(table, "/here/x"), 0);
}

void deep() {
  // Each on the one before, deeper than any stack.
  std::string text = line(1, 1, "/");
  std::string point;
  for (int i = 2; i < 3000; i++) text += line(i, i - 1, point += "/d");
  const MountTable table(text);
  CHECK_EQ(idOf(table, point + "/x"), 2999);
}

#if defined(__linux__)
// In a namespace of its own, if that is allowed.
void follows() {
  Mounts& mounts = Mounts::instance();
  CHECK_EQ(mounts.current()->all().size(), 0);
  const bool ours =
      unshare(CLONE_NEWNS) == 0 && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  CHECK_EQ(mounts.start(), 0);
  CHECK_EQ(mounts.start(), 0);
  CHECK(mounts.version() > 0);
  CHECK(!mounts.current()->all().empty());
  const uint64_t unchanged = mounts.version();
  mounts.refresh();
  CHECK_EQ(mounts.version(), unchanged);
  if (!ours) {
    printf("no mount namespace of its own: the table was only read\n");
    return;
  }
  char folder[] = "/tmp/test_mounts \n\xff-XXXXXX";
  CHECK(mkdtemp(folder) != nullptr);
  const auto before = mounts.current();
  CHECK_EQ(mount("some source", folder, "tmpfs", 0, nullptr), 0);
  mounts.refresh();
  const auto after = mounts.current();
  const Mount* added = after->of(std::string(folder) + "/x");
  CHECK_EQ(added->point, folder);
  CHECK_EQ(added->type, "tmpfs");
  CHECK_EQ(added->source, "some source");
  CHECK(before->of(folder)->point != folder);
  // The thread notices the change by itself.
  const uint64_t version = mounts.version();
  CHECK_EQ(umount(folder), 0);
  while (mounts.version() == version) usleep(1000);
  CHECK(mounts.current()->of(folder)->point != folder);
  rmdir(folder);
}
#endif

}  // namespace

int main() {
  watchdog();
  fields();
  nonsense();
  nested();
  pathsAsText();
  bytes();
  bindMounts();
  overmounts();
  roots();
  deletedPoints();
  remoteTypes();
  remotes();
  overlays();
  disks();
  deep();
#if defined(__linux__)
  follows();
#endif
}
