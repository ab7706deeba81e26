// What the tools do on signals: the first SIGINT or SIGTERM asks to stop (finish, flush, write the summary;
// run_tool then re-raises it), the second ends the program at once. SIGHUP asks to reload files, SIGUSR1 to
// write counters to stderr. SIGPIPE is ignored. Handlers are installed without SA_RESTART, so that a blocked
// read or write returns, and an eventfd wakes the event loop.
#pragma once

namespace nm {

void install_signal_handlers();

bool stop_requested();
// The signal that asked to stop, or 0.
int stop_signal();
// True once per SIGHUP / SIGUSR1.
bool take_reload_request();
bool take_counters_request();

// For what draws on a terminal: SIGWINCH and SIGCONT are noticed from now on, and wake the event loop too.
void watch_terminal();
bool take_resize_request();
bool take_continue_request();

// Readable after any of these signals; the event loop watches it.
int signal_event_fd();
void clear_signal_event();

// The default dispositions, for a child between fork and exec.
void restore_default_signals();

}  // namespace nm
