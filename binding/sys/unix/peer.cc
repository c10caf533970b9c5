#include "sys/peer.h"

#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

namespace pendingop::sys {

bool peerOf(int fd, uint32_t* uid) {
#ifdef SO_PEERCRED
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return false;
  *uid = credentials.uid;
  return true;
#else
  uid_t user = 0;
  gid_t group = 0;
  if (getpeereid(fd, &user, &group) != 0) return false;
  *uid = user;
  return true;
#endif
}

}  // namespace pendingop::sys
