// The numbers of errors as libuv has them, which is how JavaScript knows them: on Unix they are the system's
// own, on Windows libuv's (uv/errno.h), of which the C library's own errno knows nothing.
#pragma once

#include <errno.h>

#if defined(_WIN32)
#undef EACCES
#undef EAGAIN
#undef EALREADY
#undef EBADF
#undef EBUSY
#undef ECANCELED
#undef EEXIST
#undef EFBIG
#undef EINTR
#undef EINVAL
#undef EIO
#undef EISDIR
#undef ELOOP
#undef EMFILE
#undef ENAMETOOLONG
#undef ENOENT
#undef ENOMEM
#undef ENOSPC
#undef ENOSYS
#undef ENOTDIR
#undef ENOTSUP
#undef EOPNOTSUPP
#undef EPERM
#undef ETXTBSY
#undef EXDEV
#define EACCES 4092
#define EAGAIN 4088
#define EALREADY 4084
#define EBADF 4083
#define EBUSY 4082
#define ECANCELED 4081
#define EEXIST 4075
#define EFBIG 4036
#define EINTR 4072
#define EINVAL 4071
#define EIO 4070
#define EISDIR 4068
#define ELOOP 4067
#define EMFILE 4066
#define ENAMETOOLONG 4064
#define ENOENT 4058
#define ENOMEM 4057
#define ENOSPC 4055
#define ENOSYS 4054
#define ENOTDIR 4052
#define ENOTSUP 4049
#define EOPNOTSUPP ENOTSUP
#define EPERM 4048
#define ETXTBSY 4038
#define EXDEV 4037
#endif
