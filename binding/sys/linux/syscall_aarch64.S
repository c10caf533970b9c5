// long po_syscall(const uint64_t* state, long nr, long a, long b, long c, long d, long e, long f)
//
// syscall_x86_64.S explains this file. Here x19 holds `state` from begin to end.
//
// The state is read with ldarb. A plain load may come before the stores ahead of it: that of op.runner, by
// which an interrupt finds the thread to signal, or that of the gate. Then neither side would see the other
// (docs/memory-order.md).

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
        ldarb   w9, [x19]
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

// long po_syscall_saved(const uint64_t* state, SavedCall* saved, long nr, long a, long b, long c, long d,
// long e, long f)
        .global po_syscall_saved, po_saved_begin, po_saved_end, po_saved_cancel, po_resume, po_clone
        .hidden po_syscall_saved, po_saved_begin, po_saved_end, po_saved_cancel, po_resume, po_clone
        .type   po_syscall_saved, %function
po_syscall_saved:
        ldr     x9, [sp]  // f, the ninth argument
        stp     x19, x20, [x1, #16]
        stp     x21, x22, [x1, #32]
        stp     x23, x24, [x1, #48]
        stp     x25, x26, [x1, #64]
        stp     x27, x28, [x1, #80]
        stp     x29, x30, [x1, #96]
        stp     d8, d9, [x1, #112]
        stp     d10, d11, [x1, #128]
        stp     d12, d13, [x1, #144]
        stp     d14, d15, [x1, #160]
        mov     x10, sp
        str     x10, [x1, #176]
        ldr     x10, [x1, #8]
        stlr    x10, [x1]               // the gate
        str     x19, [sp, #-16]!
        mov     x19, x0
        mov     x8, x2
        mov     x0, x3
        mov     x1, x4
        mov     x2, x5
        mov     x3, x6
        mov     x4, x7
        mov     x5, x9
po_saved_begin:
        ldarb   w9, [x19]
        cmp     w9, #2                  // State::Running
        b.ne    po_saved_cancel
        svc     #0
po_saved_end:
        ldr     x19, [sp], #16
        ret
po_saved_cancel:
        mov     x0, #-1024              // kNeverEntered
        b       po_saved_end
        .size   po_syscall_saved, .-po_syscall_saved

        .type   po_resume, %function
po_resume:
        ldp     x19, x20, [x0, #16]
        ldp     x21, x22, [x0, #32]
        ldp     x23, x24, [x0, #48]
        ldp     x25, x26, [x0, #64]
        ldp     x27, x28, [x0, #80]
        ldp     x29, x30, [x0, #96]
        ldp     d8, d9, [x0, #112]
        ldp     d10, d11, [x0, #128]
        ldp     d12, d13, [x0, #144]
        ldp     d14, d15, [x0, #160]
        ldr     x9, [x0, #176]
        mov     sp, x9
        mov     x0, x1
        ret
        .size   po_resume, .-po_resume

        .type   po_clone, %function
po_clone:
        and     x1, x1, #-16
        stp     x3, x4, [x1, #-16]!
        mov     x4, x2  // the word that CLONE_CHILD_CLEARTID clears; in x2, that of CLONE_PARENT_SETTID
        mov     x3, xzr
        mov     x8, #220                // clone(flags, stack, parent_tid, tls, child_tid)
        svc     #0
        cbnz    x0, 1f
        mov     x29, xzr
        mov     x30, xzr
        ldp     x1, x0, [sp], #16
        blr     x1
        brk     #0
1:      ret
        .size   po_clone, .-po_clone
#endif
        .section .note.GNU-stack, "", %progbits
