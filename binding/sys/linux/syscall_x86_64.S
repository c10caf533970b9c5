// long po_syscall(const uint64_t* state, long nr, long a, long b, long c, long d, long e, long f)
//
// A system call that a signal can end without a race. The signal handler looks where the thread was. From
// po_syscall_begin up to po_syscall_end the call has not happened yet: if the op was interrupted, the handler
// moves the program counter to po_syscall_cancel. At po_syscall_end and after, the kernel has answered, and
// the answer stands. After musl's src/thread/x86_64/syscall_cp.s.
//
// %rbx holds `state` from begin to end: the handler finds the op by it, without thread-local storage.

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

// long po_syscall_saved(const uint64_t* state, SavedCall* saved, long nr, long a, long b, long c, long d,
// long e, long f)
//
// The same for a task that can be killed in the call. First it saves into `saved` (sys/runner.h) what its
// caller goes on with, and then it sets the gate. From then on, until the caller sets the gate again, the
// task may be killed anywhere, and another task returns in its place by po_resume, as often as that happens.
// Nothing that is needed lies on the stack, where later code of the caller, or a signal, would overwrite it.
        .global po_syscall_saved, po_saved_begin, po_saved_end, po_saved_cancel, po_resume, po_clone
        .hidden po_syscall_saved, po_saved_begin, po_saved_end, po_saved_cancel, po_resume, po_clone
        .type   po_syscall_saved, @function
po_syscall_saved:
        mov     %rbx, 16(%rsi)
        mov     %rbp, 24(%rsi)
        mov     %r12, 32(%rsi)
        mov     %r13, 40(%rsi)
        mov     %r14, 48(%rsi)
        mov     %r15, 56(%rsi)
        lea     8(%rsp), %rax  // as it is after the return
        mov     %rax, 64(%rsi)
        mov     (%rsp), %rax
        mov     %rax, 72(%rsi)
        mov     8(%rsi), %rax
        xchg    %rax, (%rsi)            // the gate
        push    %rbx
        mov     %rdi, %rbx
        mov     %rdx, %rax
        mov     %rcx, %rdi
        mov     %r8, %rsi
        mov     %r9, %rdx
        mov     16(%rsp), %r10
        mov     24(%rsp), %r8
        mov     32(%rsp), %r9
po_saved_begin:
        cmpb    $2, (%rbx)              // State::Running
        jne     po_saved_cancel
        syscall
po_saved_end:
        pop     %rbx
        ret
po_saved_cancel:
        mov     $-1024, %rax            // kNeverEntered
        jmp     po_saved_end
        .size   po_syscall_saved, .-po_syscall_saved

// void po_resume(const SavedCall* saved, long value): the call returns `value` on the calling task.
        .type   po_resume, @function
po_resume:
        mov     %rsi, %rax
        mov     16(%rdi), %rbx
        mov     24(%rdi), %rbp
        mov     32(%rdi), %r12
        mov     40(%rdi), %r13
        mov     48(%rdi), %r14
        mov     56(%rdi), %r15
        mov     64(%rdi), %rsp
        jmp     *72(%rdi)
        .size   po_resume, .-po_resume

// long po_clone(unsigned long flags, void* stackTop, uint32_t* alive, void (*body)(void*), void* argument)
//
// Starts a task with `body` on a stack of its own. The kernel clears `alive` when the task is off that stack.
// Returns its id, or -errno. `body` must not return.
        .type   po_clone, @function
po_clone:
        and     $-16, %rsi
        sub     $16, %rsi
        mov     %rcx, (%rsi)
        mov     %r8, 8(%rsi)
        mov     %rdx, %r10  // the word that CLONE_CHILD_CLEARTID clears; in %rdx, that of CLONE_PARENT_SETTID
        xor     %r8d, %r8d
        mov     $56, %eax               // clone
        syscall
        test    %rax, %rax
        jnz     1f
        xor     %ebp, %ebp
        pop     %rax
        pop     %rdi
        call    *%rax
        hlt
1:      ret
        .size   po_clone, .-po_clone
#endif
        .section .note.GNU-stack, "", @progbits
