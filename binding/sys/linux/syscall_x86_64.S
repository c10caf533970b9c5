// long po_syscall(const uint64_t* state, long nr, long a, long b, long c, long d, long e, long f)
//
// A system call that a signal can end without a race. The signal handler looks where the thread was: found from
// po_syscall_begin up to po_syscall_end, the call has not happened yet, and the handler moves the program counter to
// po_syscall_cancel when the op was told to stop. At po_syscall_end and after, the kernel has answered, and the answer
// stands. After musl's src/thread/x86_64/syscall_cp.s.
//
// %rbx holds `state` from begin to end: the handler finds the op by it, with no thread-local storage.

#if defined(__x86_64__)
        .text
        .global po_syscall, po_syscall_begin, po_syscall_end, po_syscall_cancel
        .hidden po_syscall, po_syscall_begin, po_syscall_end, po_syscall_cancel
        .type   po_syscall, @function
po_syscall:
        .cfi_startproc
        push    %rbx
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
        mov     %rdi, %rbx
        mov     %rsi, %rax
        mov     %rdx, %rdi
        mov     %rcx, %rsi
        mov     %r8, %rdx
        mov     %r9, %r10
        mov     16(%rsp), %r8
        mov     24(%rsp), %r9
po_syscall_begin:
        cmpb    $2, (%rbx)              // State::Running
        jne     po_syscall_cancel
        syscall
po_syscall_end:
        pop     %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        ret
        .cfi_adjust_cfa_offset 8
        .cfi_rel_offset %rbx, 0
po_syscall_cancel:
        mov     $-1024, %rax            // kNeverEntered
        pop     %rbx
        .cfi_adjust_cfa_offset -8
        .cfi_restore %rbx
        ret
        .cfi_endproc
        .size   po_syscall, .-po_syscall
#endif
        .section .note.GNU-stack, "", @progbits
