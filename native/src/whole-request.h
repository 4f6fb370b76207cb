// Requests that are here as a whole, and ask for nothing special: found in what has come in, and taken apart.
#pragma once

#include <cstddef>
#include <cstdint>

#include "uws-layout.h"

namespace junicorn {

// A larger one is rare, and is not copied.
constexpr size_t kMostWholeBytes = 16 * 1024;

// Bytes of a head, and of what it says that its body has; 0: they are not all here, or too many. Where there is nothing
// behind a head it does not look for what that says: most have no body, and who reads the others will see.
size_t FirstRequest(const char* data, size_t size);

// Bytes of a head and of its body, here or not; 0: what is here does not say so, or has uWebSockets do something else
// with the connection.
uint64_t FramedSize(const char* data, size_t size);

// Whether what there is could be the begin of a head that is not too large.
bool IsPartOfHead(const char* data, size_t size);

// Without the empty lines that a client may send before a request.
Text WithoutBlankLines(Text text);

// The request line and the fields of what FirstRequest has found, and what follows its head. Whether they are well
// formed is for others to say. False: they cannot be told apart, or one of them says that the body comes otherwise than
// by a length, or that the connection is to be another.
bool SplitRequest(char* data, size_t size, UwsField* fields, Text* body);

}  // namespace junicorn
