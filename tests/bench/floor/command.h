// The command that is run under the lock.
#pragma once

/// Its exit status; 127 when it cannot be run.
int run_command(char** words);
