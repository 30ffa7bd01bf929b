// Package service is the HTTP server of the appliance: its configuration, routes and
// metrics, and its graceful shutdown. Package sysinfo provides the information about
// the host.
package service

import (
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"devops-go/internal/jsonenc"
	"devops-go/internal/sysinfo"
)

// Name is what the service calls itself.
const Name = "devops-info-service"

// Build says what was built.
type Build struct{ Version, Revision, GoVersion string }

// A Server answers the service's routes. It is safe for concurrent use.
type Server struct {
	config   *Config
	build    Build
	routes   []route
	started  time.Time
	draining atomic.Bool
	metrics  metrics
	log      logger
	buffers  sync.Pool // of *jsonenc.Buffer
	latest   atomic.Pointer[snapshot]
	// maxConnections may be open; 0 is no limit.
	maxConnections atomic.Int64
	refused        atomic.Int64 // connections beyond
	collecting     sync.Mutex   // held while the figures of /metrics are read

	// The facts that don't change, and the parts of the answer to GET / that don't;
	// learn sets them.
	learned              sync.Once
	info                 sysinfo.Info
	indexHead, indexTail jsonenc.Buffer
}

// A route is a path that answers GET and HEAD.
type route struct {
	path        string // an ending in braces stands for any one segment
	description string // for the endpoints in the answer to GET /; "" isn't listed
	contentType []string
	// answer appends the body to b.
	answer func(s *Server, r *http.Request, now time.Time, b *jsonenc.Buffer) (status int)
}

// HTTP header values that are shared by all answers: net/http only reads them.
var (
	jsonType   = []string{"application/json"}
	promType   = []string{"text/plain; version=0.0.4; charset=utf-8"}
	allow      = []string{"GET, HEAD"}
	closeAfter = []string{"close"}
)

func routes(debug bool) []route {
	list := []route{
		{"/", "Service information", jsonType, (*Server).index},
		{"/health", "Health check", jsonType, (*Server).health},
		{"/ready", "Readiness check", jsonType, (*Server).ready},
		{"/metrics", "Prometheus metrics", promType, (*Server).writeMetrics},
		{"/version", "", jsonType, (*Server).version},
		{"/status/{code}", "", jsonType, (*Server).status},
		{"/delay/{seconds}", "", jsonType, (*Server).delay},
	}
	if debug {
		list = append(list, route{"/env", "", jsonType, (*Server).env}, route{"/headers", "", jsonType, (*Server).headers})
	}
	return list
}

// New returns a server that has started now.
func New(c *Config, b Build) *Server {
	s := &Server{config: c, build: b, routes: routes(c.DebugEndpoints), started: time.Now()}
	s.log.text = c.LogText
	s.buffers.New = func() any {
		b := make(jsonenc.Buffer, 0, 2048)
		return &b
	}
	s.metrics.init(len(s.routes))
	return s
}

// learn reads the facts, once, and sets the limits that follow from them.
func (s *Server) learn() {
	s.learned.Do(func() {
		s.info = sysinfo.Read(sysinfo.Host{})
		s.renderIndexParts()
		setLimits(s.info.Cgroup)
		s.maxConnections.Store(s.connectionLimit())
	})
}

// setLimits keeps the runtime below the cgroup's limits, unless its own variables
// are set.
func setLimits(limits sysinfo.Limits) {
	if limit := limits.Memory; limit > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit / 10 * 9)
	}
	if procs := procsWithin(limits.PIDs); procs > 0 && procs < runtime.GOMAXPROCS(0) && os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(procs)
	}
}

// procsWithin returns how many threads may run Go code where the cgroup allows so
// many threads and processes; 0 is no limit. The runtime has some more threads,
// and so have a health check and a command that are started beside the service.
func procsWithin(pids int64) int {
	if pids == 0 {
		return 0
	}
	return int(max(1, (pids-6)/4))
}

// What a connection takes at most while its headers are read, over HTTP and over
// HTTPS, and what is left for all else, in bytes.
const (
	connectionMemory = 32 << 10
	tlsMemory        = 64 << 10
	baseMemory       = 8 << 20
)

// connectionLimit returns how many connections may be open; 0 is no limit.
func (s *Server) connectionLimit() int64 {
	limit := s.info.Cgroup.Memory
	if s.config.MaxConnections > 0 || limit == 0 {
		return s.config.MaxConnections
	}
	each := int64(connectionMemory)
	if s.config.TLS() {
		each = tlsMemory
	}
	return max(64, (limit-baseMemory)/each)
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	s.metrics.inFlight.Add(1)
	buf := s.buffers.Get().(*jsonenc.Buffer)
	index := s.find(r.URL.Path)
	status, contentType := s.answer(index, r, began, buf)

	if r.URL.RawQuery != "" && wantsPretty(r.URL.RawQuery) && &contentType[0] == &jsonType[0] {
		*buf = jsonenc.Indent(nil, *buf)
	}

	header := w.Header()
	header["Content-Type"] = contentType
	header["Date"] = s.snapshot(began).date // net/http would render it for each answer
	if status == http.StatusMethodNotAllowed {
		header["Allow"] = allow
	}
	// A request that states both its length and chunks may be an attempt to
	// smuggle another one in (RFC 9112, section 6.3). net/http has taken the length
	// away by now; nothing here needs a body, so any chunks end the connection. Of
	// HTTP/1.0 it takes the chunks away, too, so that this always ends it.
	if s.draining.Load() || r.TransferEncoding != nil || !r.ProtoAtLeast(1, 1) {
		header["Connection"] = closeAfter
	}
	if len(*buf) > 2048 { // net/http states the length of what is shorter
		header["Content-Length"] = []string{strconv.Itoa(len(*buf))}
	}
	w.WriteHeader(status)
	w.Write(*buf)

	took := time.Since(began)
	s.metrics.observe(index, r.Method, status, took)
	if s.config.AccessLog {
		s.logAccess(r, status, len(*buf), took)
	}
	*buf = (*buf)[:0]
	s.buffers.Put(buf)
	s.metrics.inFlight.Add(-1)
}

// find returns the index of the route of a path, len(s.routes) if it has none.
func (s *Server) find(path string) int {
	for i := range s.routes {
		if s.routes[i].path == path {
			return i
		}
	}
	switch path { // what Kubernetes and its users call them
	case "/healthz", "/livez":
		return s.find("/health")
	case "/readyz":
		return s.find("/ready")
	}
	for i := range s.routes {
		prefix, _, ok := strings.Cut(s.routes[i].path, "{")
		if segment, found := strings.CutPrefix(path, prefix); ok && found && segment != "" && !strings.Contains(segment, "/") {
			return i
		}
	}
	return len(s.routes)
}

// wantsPretty reports whether a query asks for an indented answer: ?pretty.
func wantsPretty(query string) bool {
	for part := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(part, "="); name == "pretty" && value != "false" && value != "0" {
			return true
		}
	}
	return false
}

func (s *Server) answer(index int, r *http.Request, now time.Time, b *jsonenc.Buffer) (status int, contentType []string) {
	switch {
	case index == len(s.routes):
		return appendError(b, http.StatusNotFound, "no such endpoint; GET / lists them", r.URL.Path), jsonType
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		return appendError(b, http.StatusMethodNotAllowed, "use GET or HEAD", r.URL.Path), jsonType
	}
	return s.routes[index].answer(s, r, now, b), s.routes[index].contentType
}

func appendError(b *jsonenc.Buffer, status int, message, path string) int {
	b.Begin('{')
	b.Field("error", http.StatusText(status))
	b.Field("message", message)
	b.Field("path", path)
	endBody(b)
	return status
}

// endBody closes a body's outermost object.
func endBody(b *jsonenc.Buffer) {
	b.End('}')
	*b = append(*b, '\n')
}

func (s *Server) logAccess(r *http.Request, status, size int, took time.Duration) {
	s.log.record("info", "request").
		str("client_ip", s.clientIP(r)).
		str("method", r.Method).
		str("path", r.URL.Path).
		int("status", int64(status)).
		int("bytes", int64(size)).
		int("duration_us", took.Microseconds()).
		str("user_agent", r.UserAgent()).
		write()
}
