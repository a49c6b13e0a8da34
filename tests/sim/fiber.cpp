// longjmp(3) goes from one stack to another here, which a checked one refuses.
#undef _FORTIFY_SOURCE
#include "sim/fiber.hpp"

#include <sys/mman.h>

#include <csetjmp>
#include <exception>
#include <memory>
#include <ucontext.h>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace holdfast::sim {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
constexpr size_t stack_size = 1024 * 1024;
#else
constexpr bool sanitized = false;
constexpr size_t stack_size = 256 * 1024;
#endif
constexpr size_t guard_size = 4096;

} // namespace

/// A stack and where to go on with it.
struct Stack {
    /// Where one of the two goes on. swapcontext(3) costs system calls, so it only begins; the sanitizers need it
    /// always.
    struct Place {
        ucontext_t context{};
        std::jmp_buf jump{};
#if defined(__SANITIZE_ADDRESS__)
        void* fake_stack = nullptr;
        const void* bottom = nullptr;
        size_t size = 0;
#endif
#if defined(__SANITIZE_THREAD__)
        void* tsan = nullptr;
#endif
    };
    static Place scheduler;
    static Stack* running;

    Place place;
    Fiber* fiber = nullptr;
    void* memory = MAP_FAILED;
    bool begun = false;

    Stack() {
        memory = ::mmap(nullptr, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || ::mprotect(memory, guard_size, PROT_NONE) != 0) std::terminate();
        ::getcontext(&place.context);
        place.context.uc_stack.ss_sp = static_cast<char*>(memory) + guard_size;
        place.context.uc_stack.ss_size = stack_size - guard_size;
        place.context.uc_link = nullptr;
        ::makecontext(&place.context, &Stack::run, 0);
#if defined(__SANITIZE_ADDRESS__)
        place.bottom = place.context.uc_stack.ss_sp;
        place.size = place.context.uc_stack.ss_size;
#endif
#if defined(__SANITIZE_THREAD__)
        place.tsan = __tsan_create_fiber(0);
#endif
    }
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;
    ~Stack() {
#if defined(__SANITIZE_THREAD__)
        __tsan_destroy_fiber(place.tsan);
#endif
        ::munmap(memory, stack_size);
    }

    /// What every stack does: one body after the other.
    [[noreturn]] static void run() {
        arrived(scheduler);
        while (true) {
            running->fiber->body_();
            running->fiber->ended_ = true;
            leave();
        }
    }

    static void arrived([[maybe_unused]] Place& from) {
#if defined(__SANITIZE_ADDRESS__)
        Place& here = running != nullptr ? running->place : scheduler;
        __sanitizer_finish_switch_fiber(here.fake_stack, &from.bottom, &from.size);
#endif
    }

    static void go(Place& from, Place& to, [[maybe_unused]] bool first) {
        if constexpr (sanitized) {
#if defined(__SANITIZE_ADDRESS__)
            __sanitizer_start_switch_fiber(&from.fake_stack, to.bottom, to.size);
#endif
#if defined(__SANITIZE_THREAD__)
            if (scheduler.tsan == nullptr) scheduler.tsan = __tsan_get_current_fiber();
            __tsan_switch_to_fiber(to.tsan, 0);
#endif
            ::swapcontext(&from.context, &to.context);
        } else if (_setjmp(from.jump) == 0) {
            if (first) ::setcontext(&to.context);
            _longjmp(to.jump, 1);
        }
    }

    void enter() {
        const bool first = !begun;
        begun = true;
        running = this;
        go(scheduler, place, first);
        running = nullptr;
        arrived(place);
    }

    static void leave() {
        Stack& self = *running;
        go(self.place, scheduler, false);
        arrived(scheduler);
    }

    static std::vector<std::unique_ptr<Stack>>& idle() {
        static std::vector<std::unique_ptr<Stack>> stacks;
        return stacks;
    }
};

Stack::Place Stack::scheduler;
Stack* Stack::running = nullptr;

Fiber::Fiber(std::function<void()> body) : body_{std::move(body)} {
    auto& idle = Stack::idle();
    if (idle.empty()) idle.push_back(std::make_unique<Stack>());
    stack_ = idle.back().release();
    idle.pop_back();
    stack_->fiber = this;
}

Fiber::~Fiber() {
    if (!ended_) std::terminate();
    Stack::idle().emplace_back(stack_);
}

void Fiber::resume() { stack_->enter(); }

void Fiber::yield() { Stack::leave(); }

} // namespace holdfast::sim
