package service

import (
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"devops-go/internal/jsonenc"
)

// What requests are counted by. Everything outside of these lists counts as
// "other", so that no client can make the number of series grow.
var (
	countedMethods = [...]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"}
	countedCodes   = [...]int{200, 204, 301, 302, 400, 401, 403, 404, 405, 408, 429, 500, 502, 503, 504}
)

// buckets are the upper bounds of the latency histogram, in microseconds.
var buckets = [...]int64{50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000}

type metrics struct {
	inFlight atomic.Int64
	routes   []routeMetrics // one a route, then one for all other paths
}

type routeMetrics struct {
	requests    [len(countedMethods)][len(countedCodes) + 1]atomic.Uint64
	buckets     [len(buckets) + 1]atomic.Uint64
	nanoseconds atomic.Int64
}

func (m *metrics) init(routes int) { m.routes = make([]routeMetrics, routes+1) }

func (m *metrics) observe(route int, method string, code int, took time.Duration) {
	i := slices.Index(countedMethods[:], method)
	if i < 0 {
		i = len(countedMethods) - 1
	}
	j := slices.Index(countedCodes[:], code)
	if j < 0 {
		j = len(countedCodes)
	}
	rm := &m.routes[route]
	rm.requests[i][j].Add(1)
	bucket := 0
	for bucket < len(buckets) && took > time.Duration(buckets[bucket])*time.Microsecond {
		bucket++
	}
	rm.buckets[bucket].Add(1)
	rm.nanoseconds.Add(int64(took))
}

// writeMetrics writes the Prometheus text format, version 0.0.4.
func (s *Server) writeMetrics(_ *http.Request, _ time.Time, b *jsonenc.Buffer) int {
	s.learn() // it sets GOMEMLIMIT
	// Reading files takes a thread each: one at a time does, also where threads are few.
	s.collecting.Lock()
	defer s.collecting.Unlock()
	e := exposition{buf: *b}
	s.writeRequestMetrics(&e)
	e.family("app_build_info", "gauge", "What was built; the value is always 1.")
	e.sample("app_build_info", 1, "version", s.build.Version, "revision", s.build.Revision, "goversion", s.build.GoVersion)
	writeGoMetrics(&e, s.build.GoVersion)
	writeProcessMetrics(&e)
	*b = e.buf
	return http.StatusOK
}

func (s *Server) writeRequestMetrics(e *exposition) {
	name := func(i int) string {
		if i < len(s.routes) {
			return s.routes[i].path
		}
		return "other"
	}
	e.family("http_requests_total", "counter", "Requests answered, by route, method and status code.")
	for i := range s.metrics.routes {
		for j := range countedMethods {
			for k := range s.metrics.routes[i].requests[j] {
				code := "other"
				if k < len(countedCodes) {
					code = strconv.Itoa(countedCodes[k])
				}
				if n := s.metrics.routes[i].requests[j][k].Load(); n > 0 {
					e.sample("http_requests_total", float64(n),
						"route", name(i), "method", countedMethods[j], "code", code)
				}
			}
		}
	}
	e.family("http_request_duration_seconds", "histogram", "Time from a request's headers read to its answer written.")
	for i := range s.metrics.routes {
		rm := &s.metrics.routes[i]
		var total uint64
		for j := range rm.buckets {
			total += rm.buckets[j].Load()
			bound := "+Inf"
			if j < len(buckets) {
				bound = strconv.FormatFloat(float64(buckets[j])/1e6, 'g', -1, 64)
			}
			e.sample("http_request_duration_seconds_bucket", float64(total), "route", name(i), "le", bound)
		}
		e.sample("http_request_duration_seconds_sum", float64(rm.nanoseconds.Load())/1e9, "route", name(i))
		e.sample("http_request_duration_seconds_count", float64(total), "route", name(i))
	}
	e.counter("http_connections_refused_total", "Connections refused for being too many.", float64(s.refused.Load()))
	e.gauge("http_requests_in_flight", "Requests being answered now.", float64(s.metrics.inFlight.Load()))
}

// An exposition is metrics in the Prometheus text format.
type exposition struct{ buf []byte }

func (e *exposition) append(parts ...string) {
	for _, part := range parts {
		e.buf = append(e.buf, part...)
	}
}

func (e *exposition) family(name, kind, help string) {
	e.append("# HELP ", name, " ", help, "\n# TYPE ", name, " ", kind, "\n")
}

// sample appends a line; labels are names and values in turns.
func (e *exposition) sample(name string, value float64, labels ...string) {
	e.append(name)
	for i := 0; i < len(labels); i += 2 {
		separator := byte('{')
		if i > 0 {
			separator = ','
		}
		e.buf = append(e.buf, separator)
		e.append(labels[i], `="`)
		for _, c := range []byte(labels[i+1]) {
			switch c {
			case '\\', '"':
				e.buf = append(e.buf, '\\', c)
			case '\n':
				e.append(`\n`)
			default:
				e.buf = append(e.buf, c)
			}
		}
		e.buf = append(e.buf, '"')
	}
	if len(labels) > 0 {
		e.buf = append(e.buf, '}')
	}
	e.buf = append(e.buf, ' ')
	e.buf = append(strconv.AppendFloat(e.buf, value, 'g', -1, 64), '\n')
}

func (e *exposition) gauge(name, help string, value float64) {
	e.family(name, "gauge", help)
	e.sample(name, value)
}

func (e *exposition) counter(name, help string, value float64) {
	e.family(name, "counter", help)
	e.sample(name, value)
}
