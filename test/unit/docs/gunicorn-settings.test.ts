/** Every setting of Gunicorn's is one of ours, under its name, or docs/from-gunicorn.md says what has become of it. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { SETTINGS } from "../../../src/config/settings/index.ts";

const GUIDE = readFileSync(fileURLToPath(new URL("../../../docs/from-gunicorn.md", import.meta.url)), "utf8");

/** Of Gunicorn 26.1. */
const GUNICORN = `
  bind backlog workers worker_class threads worker_connections max_requests max_requests_jitter timeout graceful_timeout keepalive
  limit_request_line limit_request_fields limit_request_field_size reload reload_engine reload_extra_files preload_app sendfile
  reuse_port chdir daemon raw_env pidfile worker_tmp_dir user group umask initgroups accesslog access_log_format errorlog loglevel
  capture_output disable_redirect_access_to_syslog logger_class logconfig logconfig_dict logconfig_json syslog syslog_addr
  syslog_prefix syslog_facility statsd_host statsd_prefix dogstatsd_tags enable_backlog_metric proc_name proxy_protocol
  http_protocols http2_cleartext http2_max_concurrent_streams http2_initial_window_size http2_max_frame_size http2_max_header_list_size
  proxy_allow_ips forwarded_allow_ips secure_scheme_headers do_handshake_on_connect suppress_ragged_eofs permit_obsolete_folding
  strip_header_spaces permit_unconventional_http_method permit_unconventional_http_version casefold_http_method forwarder_headers
  certfile keyfile ca_certs cert_reqs ciphers ssl_version header_map http_parser root_path asgi_loop asgi_lifespan asgi_disconnect_grace_period dirty_apps dirty_workers dirty_timeout
  dirty_threads dirty_graceful_timeout control_socket control_socket_mode control_socket_disable wsgi_app paste spew
  print_config check_config config pythonpath default_proc_name on_starting on_reload when_ready pre_fork post_fork post_worker_init
  worker_int worker_abort pre_exec pre_request post_request child_exit worker_exit nworkers_changed on_exit
`
  .trim()
  .split(/\s+/);

/** `dirty_*` in the guide stands for all of these. */
const mentioned = [...GUIDE.matchAll(/`([a-z0-9_]+)([*…]?)`/g)].map(
  ([, name, rest]) => new RegExp(`^${name}${rest === "" ? "$" : ""}`),
);

const ours = new Set(
  [...SETTINGS].flatMap(([name, { gunicorn }]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    gunicorn,
  ]),
);

it.each(GUNICORN)("%s", (name) => {
  expect(ours.has(name) || mentioned.some((pattern) => pattern.test(name))).toBe(true);
});
