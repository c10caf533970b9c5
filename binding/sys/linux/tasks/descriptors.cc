// Passes descriptors from tasks with a table of their own to the process, through a socket.
#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cstring>

#include "sys/linux/plain.h"
#include "sys/linux/tasks/forge.h"
#include "sys/task.h"

namespace pendingop::sys {

long passDescriptor(uint64_t token, Descriptor fd) {
  iovec data{&token, sizeof token};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  memcpy(CMSG_DATA(header), &fd, sizeof fd);
  long r;
  do r = plain(SYS_sendmsg, kOwnSocket, &message, MSG_NOSIGNAL);
  while (r == -EINTR);  // a signal that came late, while the socket was full
  return r < 0 ? r : 0;
}

bool takeDescriptor(Passed* passed) {
  static_assert(sizeof passed->control >= CMSG_SPACE(sizeof(int)));
  passed->token = 0;
  iovec data{&passed->token, sizeof passed->token};
  // As the kernel leaves it if the process's table is full: then it has dropped the descriptor.
  reinterpret_cast<cmsghdr*>(passed->control)->cmsg_len = 0;
  msghdr message = {};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = passed->control;
  message.msg_controllen = CMSG_SPACE(sizeof(int));
  plain(SYS_recvmsg, socketOfProcess, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  return passed->token != 0;
}

long descriptorOf(const Passed& passed) {
  const auto* header = reinterpret_cast<const cmsghdr*>(passed.control);
  if (header->cmsg_len == 0) return -EMFILE;
  int fd;
  memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

void closeOwn(Descriptor fd) { plain(SYS_close, fd); }

}  // namespace pendingop::sys
