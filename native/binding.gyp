{
  "variables": { "sanitize%": 0 },
  "targets": [
    {
      "target_name": "junicorn",
      "sources": [
        "src/addon.cc",
        "src/environment.cc",
        "src/head-fields.cc",
        "src/http-parser.cc",
        "src/listener.cc",
        "src/llhttp-host.cc",
        "src/process.cc",
        "src/request-grammar.cc",
        "src/request-parser.cc",
        "src/rules.cc",
        "src/send-queue.cc",
        "src/shared-memory.cc",
        "src/streams-class.cc",
        "src/streams.cc",
        "src/syscalls.cc",
        "src/values.cc",
        "src/watchdog.cc",
      ],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_DEPRECATED"],
      "cflags": ["-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"],
      "cflags!": ["-Wno-unused-parameter"],
      "cflags_cc": ["-std=c++17"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-std=gnu++14", "-std=gnu++2a"],
      "conditions": [
        ["sanitize==1", {
          "cflags": ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-O1", "-g"],
          "ldflags": ["-fsanitize=address,undefined"],
        }],
      ],
    },
  ],
}
