// Writes why this process breaks into shared memory, where whoever survives it can read it: V8 without memory, or a
// signal of the processor.
#pragma once

#include "environment.h"

namespace junicorn {

// Nothing is written on behalf of this environment any more.
void ForgetCrashRecord(Environment* environment);

void DefineCrashRecord(Environment* environment, napi_value exports);

}  // namespace junicorn
