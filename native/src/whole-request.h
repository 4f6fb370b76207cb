// Requests that are here as a whole, and ask for nothing special: found in what has come in, and taken apart.
#pragma once

#include "uws-layout.h"

namespace junicorn {

// A larger one is rare, and is not copied.
constexpr size_t kMostWholeBytes = 16 * 1024;

// A head, and as much behind it as it says that its body has. What is more than one request is better parsed where it
// has come in: by and by, what the first has left to be done runs before the second begins.
bool IsOneRequest(const char* data, size_t size);

// The request line and the fields of what IsOneRequest is true of, and what follows its head. Whether they are well
// formed is for others to say. False: they cannot be told apart, or one of them says that the body comes otherwise than
// by a length, or that the connection is to be another.
bool SplitRequest(char* data, size_t size, UwsField* fields, Text* body);

}  // namespace junicorn
