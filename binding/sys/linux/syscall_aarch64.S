// long po_syscall(const uint64_t* state, long nr, long a, long b, long c, long d, long e, long f)
//
// As in syscall_x86_64.S, which explains it. x19 holds `state` from begin to end.

#if defined(__aarch64__)
        .text
        .global po_syscall, po_syscall_begin, po_syscall_end, po_syscall_cancel
        .hidden po_syscall, po_syscall_begin, po_syscall_end, po_syscall_cancel
        .type   po_syscall, %function
po_syscall:
        .cfi_startproc
        str     x19, [sp, #-16]!
        .cfi_adjust_cfa_offset 16
        .cfi_rel_offset x19, 0
        mov     x19, x0
        mov     x8, x1
        mov     x0, x2
        mov     x1, x3
        mov     x2, x4
        mov     x3, x5
        mov     x4, x6
        mov     x5, x7
po_syscall_begin:
        ldrb    w9, [x19]
        cmp     w9, #2                  // State::Running
        b.ne    po_syscall_cancel
        svc     #0
po_syscall_end:
        ldr     x19, [sp], #16
        .cfi_remember_state
        .cfi_adjust_cfa_offset -16
        .cfi_restore x19
        ret
        .cfi_restore_state
po_syscall_cancel:
        mov     x0, #-1024              // kNeverEntered
        ldr     x19, [sp], #16
        .cfi_adjust_cfa_offset -16
        .cfi_restore x19
        ret
        .cfi_endproc
        .size   po_syscall, .-po_syscall
#endif
        .section .note.GNU-stack, "", %progbits
