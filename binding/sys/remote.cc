#include "sys/remote.h"

#include <algorithm>
#include <iterator>

namespace pendingop {

// Those of Windows are of sys/drives.cc.
bool isRemote(std::string_view type) {
  static constexpr std::string_view kTypes[] = {
      "9p",       "afpfs",  "afs",     "autofs",   "beegfs",     "ceph",      "cifs",     "coda",
      "cvfs",     "davfs",  "drvfs",   "fuse",     "fuseblk",    "fakeowner", "gfs2",     "gpfs",
      "grpcfuse", "lustre", "ncpfs",   "nfs",      "nfs4",       "ocfs2",     "orangefs", "osxfs",
      "panfs",    "prl_fs", "program", "pvfs2",    "redirector", "smb",       "smb2",     "smb3",
      "smbfs",    "unc",    "vboxsf",  "virtiofs", "vmhgfs",     "webdav",    "wekafs"};
  return type.substr(0, 5) == "fuse." ||
         std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

}  // namespace pendingop
