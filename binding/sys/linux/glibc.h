// Older versions of symbols of which newer C libraries have two, so that the addon loads on the oldest system
// that Node runs on. Included by each file that uses one.
#pragma once

#if defined(__GLIBC__) || defined(__linux__)
#include <features.h>
#endif

#if defined(__GLIBC__)
#if defined(__x86_64__)
#define PO_OLDEST "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define PO_OLDEST "GLIBC_2.17"
#endif
#endif

#if defined(PO_OLDEST) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
__asm__(".symver pthread_create, pthread_create@" PO_OLDEST);
__asm__(".symver pthread_sigmask, pthread_sigmask@" PO_OLDEST);
__asm__(".symver dladdr, dladdr@" PO_OLDEST);
__asm__(".symver dlopen, dlopen@" PO_OLDEST);
__asm__(".symver pthread_attr_setstacksize, pthread_attr_setstacksize@" PO_OLDEST);
#endif
