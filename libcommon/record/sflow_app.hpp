// What applications tell by sFlow: web servers and caches, operations by their outcome, Java machines, a
// virtual switch (https://sflow.org/sflow_http.txt, sflow_application.txt, sflow_memcache.txt,
// sflow_jvm.txt). Each group is one structure, its fields in the order of the wire.
#pragma once

#include "record/sflow_counters.hpp"

namespace nm {

inline constexpr auto app_operation_fields = FieldList{
    field("app", &AppOperations::app, Role::tag, "name of the application"),
    field("app_success", &AppOperations::app_success, Role::value, "operations that succeeded"),
    field("app_other", &AppOperations::app_other, Role::value, "failed for another reason"),
    field("app_timeout", &AppOperations::app_timeout, Role::value, "failed: timeout"),
    field("app_internal_error", &AppOperations::app_internal_error, Role::value, "failed: internal error"),
    field("app_bad_request", &AppOperations::app_bad_request, Role::value, "failed: bad request"),
    field("app_forbidden", &AppOperations::app_forbidden, Role::value, "failed: forbidden"),
    field("app_too_large", &AppOperations::app_too_large, Role::value, "failed: too large"),
    field("app_not_implemented", &AppOperations::app_not_implemented, Role::value, "failed: not implemented"),
    field("app_not_found", &AppOperations::app_not_found, Role::value, "failed: not found"),
    field("app_unavailable", &AppOperations::app_unavailable, Role::value, "failed: unavailable"),
    field("app_unauthorized", &AppOperations::app_unauthorized, Role::value, "failed: unauthorized")};

inline constexpr auto app_resource_fields = FieldList{
    field("user_ms", &AppResources::user_ms, Role::value, "processor time in user mode", Unit::ms),
    field("system_ms", &AppResources::system_ms, Role::value, "processor time in the kernel", Unit::ms),
    field("mem_used_bytes", &AppResources::mem_used_bytes, Role::value, "memory in use", Unit::bytes),
    field("mem_max_bytes", &AppResources::mem_max_bytes, Role::value, "memory it may use", Unit::bytes),
    field("fds_open", &AppResources::fds_open, Role::value, "open files"),
    field("fds_max", &AppResources::fds_max, Role::value, "files it may open"),
    field("connections_open", &AppResources::connections_open, Role::value, "open connections"),
    field("connections_max", &AppResources::connections_max, Role::value, "connections it may open")};

inline constexpr auto app_worker_fields =
    FieldList{field("workers_active", &AppWorkers::workers_active, Role::value, "workers at work"),
              field("workers_idle", &AppWorkers::workers_idle, Role::value, "workers that wait"),
              field("workers_max", &AppWorkers::workers_max, Role::value, "workers it may start"),
              field("requests_delayed", &AppWorkers::requests_delayed, Role::value,
                    "requests that waited for a worker"),
              field("requests_dropped", &AppWorkers::requests_dropped, Role::value, "requests refused")};

inline constexpr auto http_counter_fields =
    FieldList{field("http_options", &HttpCounters::http_options, Role::value, "OPTIONS requests"),
              field("http_get", &HttpCounters::http_get, Role::value, "GET requests"),
              field("http_head", &HttpCounters::http_head, Role::value, "HEAD requests"),
              field("http_post", &HttpCounters::http_post, Role::value, "POST requests"),
              field("http_put", &HttpCounters::http_put, Role::value, "PUT requests"),
              field("http_delete", &HttpCounters::http_delete, Role::value, "DELETE requests"),
              field("http_trace", &HttpCounters::http_trace, Role::value, "TRACE requests"),
              field("http_connect", &HttpCounters::http_connect, Role::value, "CONNECT requests"),
              field("http_other", &HttpCounters::http_other, Role::value, "requests of other methods"),
              field("http_1xx", &HttpCounters::http_1xx, Role::value, "answers 100 to 199"),
              field("http_2xx", &HttpCounters::http_2xx, Role::value, "answers 200 to 299"),
              field("http_3xx", &HttpCounters::http_3xx, Role::value, "answers 300 to 399"),
              field("http_4xx", &HttpCounters::http_4xx, Role::value, "answers 400 to 499"),
              field("http_5xx", &HttpCounters::http_5xx, Role::value, "answers 500 to 599"),
              field("http_status_other", &HttpCounters::http_status_other, Role::value, "other answers")};

inline constexpr auto java_runtime_fields =
    FieldList{field("jvm_name", &JavaRuntime::jvm_name, Role::tag, "Java virtual machine"),
              field("jvm_vendor", &JavaRuntime::jvm_vendor, Role::tag, "its vendor"),
              field("jvm_version", &JavaRuntime::jvm_version, Role::tag, "its version")};

inline constexpr auto java_statistics_fields = FieldList{
    field("jvm_heap_initial_bytes", &JavaStatistics::jvm_heap_initial_bytes, Role::value,
          "heap asked for at start", Unit::bytes),
    field("jvm_heap_used_bytes", &JavaStatistics::jvm_heap_used_bytes, Role::value, "heap in use",
          Unit::bytes),
    field("jvm_heap_committed_bytes", &JavaStatistics::jvm_heap_committed_bytes, Role::value, "heap held",
          Unit::bytes),
    field("jvm_heap_max_bytes", &JavaStatistics::jvm_heap_max_bytes, Role::value, "heap it may use",
          Unit::bytes),
    field("jvm_non_heap_initial_bytes", &JavaStatistics::jvm_non_heap_initial_bytes, Role::value,
          "other memory asked for at start", Unit::bytes),
    field("jvm_non_heap_used_bytes", &JavaStatistics::jvm_non_heap_used_bytes, Role::value,
          "other memory in use", Unit::bytes),
    field("jvm_non_heap_committed_bytes", &JavaStatistics::jvm_non_heap_committed_bytes, Role::value,
          "other memory held", Unit::bytes),
    field("jvm_non_heap_max_bytes", &JavaStatistics::jvm_non_heap_max_bytes, Role::value,
          "other memory it may use", Unit::bytes),
    field("jvm_gc_count", &JavaStatistics::jvm_gc_count, Role::value, "garbage collections"),
    field("jvm_gc_ms", &JavaStatistics::jvm_gc_ms, Role::value, "time in garbage collections", Unit::ms),
    field("jvm_classes_loaded", &JavaStatistics::jvm_classes_loaded, Role::value, "classes loaded now"),
    field("jvm_classes_total", &JavaStatistics::jvm_classes_total, Role::value, "classes loaded so far"),
    field("jvm_classes_unloaded", &JavaStatistics::jvm_classes_unloaded, Role::value,
          "classes unloaded so far"),
    field("jvm_compilation_ms", &JavaStatistics::jvm_compilation_ms, Role::value, "time compiling", Unit::ms),
    field("jvm_threads", &JavaStatistics::jvm_threads, Role::value, "live threads"),
    field("jvm_threads_daemon", &JavaStatistics::jvm_threads_daemon, Role::value, "daemon threads"),
    field("jvm_threads_started", &JavaStatistics::jvm_threads_started, Role::value, "threads started so far"),
    field("jvm_fds_open", &JavaStatistics::jvm_fds_open, Role::value, "open files"),
    field("jvm_fds_max", &JavaStatistics::jvm_fds_max, Role::value, "files it may open")};

inline constexpr auto memcache_counter_fields = FieldList{
    field("memcache_cmd_set", &MemcacheCounters::memcache_cmd_set, Role::value, "set commands"),
    field("memcache_cmd_touch", &MemcacheCounters::memcache_cmd_touch, Role::value, "touch commands"),
    field("memcache_cmd_flush", &MemcacheCounters::memcache_cmd_flush, Role::value, "flush commands"),
    field("memcache_get_hits", &MemcacheCounters::memcache_get_hits, Role::value,
          "get commands that found their key"),
    field("memcache_get_misses", &MemcacheCounters::memcache_get_misses, Role::value,
          "get commands that did not"),
    field("memcache_delete_hits", &MemcacheCounters::memcache_delete_hits, Role::value,
          "delete commands that found their key"),
    field("memcache_delete_misses", &MemcacheCounters::memcache_delete_misses, Role::value,
          "delete commands that did not"),
    field("memcache_incr_hits", &MemcacheCounters::memcache_incr_hits, Role::value,
          "incr commands that found their key"),
    field("memcache_incr_misses", &MemcacheCounters::memcache_incr_misses, Role::value,
          "incr commands that did not"),
    field("memcache_decr_hits", &MemcacheCounters::memcache_decr_hits, Role::value,
          "decr commands that found their key"),
    field("memcache_decr_misses", &MemcacheCounters::memcache_decr_misses, Role::value,
          "decr commands that did not"),
    field("memcache_cas_hits", &MemcacheCounters::memcache_cas_hits, Role::value,
          "cas commands that found their key"),
    field("memcache_cas_misses", &MemcacheCounters::memcache_cas_misses, Role::value,
          "cas commands that did not"),
    field("memcache_cas_bad_value", &MemcacheCounters::memcache_cas_bad_value, Role::value,
          "cas commands with an old value"),
    field("memcache_auth_commands", &MemcacheCounters::memcache_auth_commands, Role::value,
          "authentications"),
    field("memcache_auth_errors", &MemcacheCounters::memcache_auth_errors, Role::value,
          "failed authentications"),
    field("memcache_threads", &MemcacheCounters::memcache_threads, Role::value, "worker threads"),
    field("memcache_connection_yields", &MemcacheCounters::memcache_connection_yields, Role::value,
          "connections that had to give way"),
    field("memcache_listen_disabled", &MemcacheCounters::memcache_listen_disabled, Role::value,
          "times the limit of connections was met"),
    field("memcache_connections", &MemcacheCounters::memcache_connections, Role::value, "open connections"),
    field("memcache_connections_rejected", &MemcacheCounters::memcache_connections_rejected, Role::value,
          "connections refused"),
    field("memcache_connections_total", &MemcacheCounters::memcache_connections_total, Role::value,
          "connections so far"),
    field("memcache_connection_structures", &MemcacheCounters::memcache_connection_structures, Role::value,
          "connection structures"),
    field("memcache_evictions", &MemcacheCounters::memcache_evictions, Role::value,
          "items thrown out for room"),
    field("memcache_reclaimed", &MemcacheCounters::memcache_reclaimed, Role::value,
          "items replaced after they expired"),
    field("memcache_items", &MemcacheCounters::memcache_items, Role::value, "items"),
    field("memcache_items_total", &MemcacheCounters::memcache_items_total, Role::value,
          "items stored so far"),
    field("memcache_read_bytes", &MemcacheCounters::memcache_read_bytes, Role::value, "read from the network",
          Unit::bytes),
    field("memcache_written_bytes", &MemcacheCounters::memcache_written_bytes, Role::value,
          "written to the network", Unit::bytes),
    field("memcache_stored_bytes", &MemcacheCounters::memcache_stored_bytes, Role::value, "stored now",
          Unit::bytes),
    field("memcache_max_bytes", &MemcacheCounters::memcache_max_bytes, Role::value, "it may store",
          Unit::bytes)};

inline constexpr auto ovs_counter_fields = FieldList{
    field("ovs_hits", &OvsCounters::ovs_hits, Role::value, "packets that met a flow in the datapath",
          Unit::packets),
    field("ovs_misses", &OvsCounters::ovs_misses, Role::value, "packets that did not", Unit::packets),
    field("ovs_lost", &OvsCounters::ovs_lost, Role::value, "packets lost on the way to user space",
          Unit::packets),
    field("ovs_mask_hits", &OvsCounters::ovs_mask_hits, Role::value, "masks looked at"),
    field("ovs_flows", &OvsCounters::ovs_flows, Role::value, "flows in the datapath"),
    field("ovs_masks", &OvsCounters::ovs_masks, Role::value, "masks in the datapath")};

template <>
inline constexpr auto describe<SflowApp> = record("sflow.app", 1,
                                                  "counters of an application since it started",
                                                  sflow_source_fields, app_operation_fields,
                                                  app_resource_fields, app_worker_fields, http_counter_fields,
                                                  java_runtime_fields, java_statistics_fields,
                                                  memcache_counter_fields, ovs_counter_fields);

}  // namespace nm
