// Windows's drives and shares in the table of mounts: by text, so on every system.
#include "core/mount_table.h"
#include "sys/drives.h"
#include "test/check.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

const Mount* at(const MountTable& table, const char* point) {
  for (const Mount& mount : table.all()) {
    if (mount.point == point) return &mount;
  }
  return nullptr;
}

void places() {
  CHECK_EQ(windowsPlace("C:\\Users\\Me"), "/c:/Users/Me");
  CHECK_EQ(windowsPlace("c:/Users//Me/"), "/c:/Users/Me");
  CHECK_EQ(windowsPlace("\\\\?\\C:\\"), "/c:");
  CHECK_EQ(windowsPlace("\\\\.\\C:\\x"), "/c:/x");
  CHECK_EQ(windowsPlace("\\\\Server\\Share\\X"), "/unc/server/share/X");
  CHECK_EQ(windowsPlace("//Server/Share"), "/unc/server/share");
  CHECK_EQ(windowsPlace("\\\\?\\UNC\\Server\\Share\\X"), "/unc/server/share/X");
  for (const char* none : {"", "x", "C:", "C:x", "\\x", "/x", "\\\\", "\\\\server", "\\\\.\\pipe\\x",
                           "\\\\?\\Volume{1}\\x", "\\\\?\\", "\\\\?\\UNC\\server"})
    CHECK_EQ(windowsPlace(none), "");
  CHECK_EQ(shareOf("\\\\?\\UNC\\Server\\Share\\X"), "\\\\Server\\Share\\");
  CHECK_EQ(shareOf("C:\\x"), "");
}

void drives() {
  const MountTable table(windowsMounts(
      {
          {'C', "\\Device\\HarddiskVolume3"},
          {'D', "\\Device\\CdRom0"},
          {'M', "\\Device\\Volume{f1b2}"},
          {'R', "\\Device\\LanmanRedirector\\;R:00000000000123ab\\Server\\my share"},
          {'S', "\\??\\C:\\some folder"},
          {'T', "\\??\\R:\\x"},
          {'U', "\\??\\UNC\\other\\share\\x"},
          {'V', "\\Device\\Mup\\;LanmanRedirector\\;V:0\\SERVER\\second"},
          {'W', "\\Device\\Mup\\;WebDavRedirector\\;W:0\\dav@SSL\\DavWWWRoot"},
          {'Y', "\\Device\\PrlMiniRdr\\;Y:0\\psf\\Home"},
      },
      {"\\\\server\\share\\", "\\\\third\\a b\\"}));
  struct Expected {
    const char* point;
    const char* type;
    const char* source;
    bool remote;
  };
  const Expected all[] = {
      {"C:\\", "disk", "\\Device\\HarddiskVolume3", false},
      {"D:\\", "cdrom", "\\Device\\CdRom0", false},
      {"M:\\", "program", "\\Device\\Volume{f1b2}", true},
      {"R:\\", "smb", "\\\\Server\\my share", true},
      {"S:\\", "subst", "C:\\some folder", false},
      {"T:\\", "subst", "R:\\x", true},
      {"U:\\", "unc", "\\\\other\\share\\x", true},
      {"V:\\", "smb", "\\\\SERVER\\second", true},
      {"W:\\", "webdav", "\\\\dav@SSL\\DavWWWRoot", true},
      {"Y:\\", "redirector", "\\\\psf\\Home", true},
      {"\\\\server\\share\\", "unc", "\\\\server\\share", true},
      {"\\\\third\\a b\\", "unc", "\\\\third\\a b", true},
  };
  CHECK_EQ(table.all().size(), sizeof all / sizeof *all);
  for (const Expected& one : all) {
    const Mount* mount = at(table, one.point);
    CHECK(mount != nullptr);
    CHECK_EQ(mount->type, one.type);
    CHECK_EQ(mount->source, one.source);
    CHECK_EQ(mount->remote, one.remote);
    CHECK(mount->visible);
  }
  CHECK(table.of("c:\\windows") == at(table, "C:\\"));
  CHECK(table.of("C:\\") == at(table, "C:\\"));
  CHECK(table.of("\\\\?\\r:\\x\\..\\y") == at(table, "R:\\"));
  CHECK(table.of("\\\\SERVER\\Share\\x") == at(table, "\\\\server\\share\\"));
  CHECK(table.of("\\\\server\\other\\x") == nullptr);
  CHECK(table.of("E:\\x") == nullptr);
  CHECK(table.of("/x") == nullptr);
  CHECK(table.remoteOf("R:\\x") == at(table, "R:\\"));
  CHECK(table.remoteOf("C:\\x") == nullptr);
  CHECK(table.remoteOf("\\\\third\\a b") == at(table, "\\\\third\\a b\\"));
  // One server is one device.
  const auto device = [&](const char* point) { return at(table, point)->minor; };
  CHECK_EQ(device("R:\\"), device("V:\\"));
  CHECK_EQ(device("R:\\"), device("\\\\server\\share\\"));
  CHECK(device("R:\\") != device("\\\\third\\a b\\"));
}

}  // namespace

int main() {
  places();
  drives();
  return 0;
}
