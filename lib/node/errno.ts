// The numbers of errors that native code returns and no text of Node's is asked for: libuv's, which on Unix are the
// system's, negative.

const of = (linux: number, darwin: number, windows: number): number => {
  if (process.platform === 'win32') return windows;
  return process.platform === 'darwin' ? darwin : linux;
};

export const EACCES = of(-13, -13, -4092);
export const EADDRINUSE = of(-98, -48, -4091);
export const EALREADY = of(-114, -37, -4084);
export const EBADF = of(-9, -9, -4083);
export const EBUSY = of(-16, -16, -4082);
export const EINTR = of(-4, -4, -4072);
export const EINVAL = of(-22, -22, -4071);
export const EIO = of(-5, -5, -4070);
export const ENOMEM = of(-12, -12, -4057);
export const ENOSPC = of(-28, -28, -4055);
export const ENOSYS = of(-38, -78, -4054);
export const ETIMEDOUT = of(-110, -60, -4039);
