package service

import (
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"devops-go/internal/jsonenc"
)

// A logger writes one line a record: a JSON object, or key=value pairs.
type logger struct {
	mu   sync.Mutex
	w    io.Writer
	text bool
}

// A record is a line in the making.
type record struct {
	logger *logger
	buf    jsonenc.Buffer
}

func (l *logger) record(level, msg string) record {
	r := record{logger: l}
	now := time.Now()
	if l.text {
		r.buf = append(now.UTC().AppendFormat(append(r.buf, "time="...), time.RFC3339), " level="...)
		r.buf = append(r.buf, level...)
		return r.str("msg", msg)
	}
	r.buf.Begin('{')
	r.buf.Key("time")
	r.buf.Time(now)
	return r.str("level", level).str("msg", msg)
}

func (r record) str(key, value string) record {
	if !r.logger.text {
		r.buf.Field(key, value)
		return r
	}
	r.key(key)
	if value == "" || strings.ContainsFunc(value, needsQuotes) {
		r.buf = strconv.AppendQuote(r.buf, value)
	} else {
		r.buf = append(r.buf, value...)
	}
	return r
}

func (r record) int(key string, value int64) record {
	if !r.logger.text {
		r.buf.IntField(key, value)
		return r
	}
	r.key(key)
	r.buf = strconv.AppendInt(r.buf, value, 10)
	return r
}

func (r *record) key(key string) {
	r.buf = append(r.buf, ' ')
	r.buf = append(r.buf, key...)
	r.buf = append(r.buf, '=')
}

func needsQuotes(r rune) bool {
	return r <= ' ' || r == '"' || r == '=' || r == '\\' || !strconv.IsPrint(r)
}

// write ends the record. That standard output is gone is nothing that could be
// told anybody, so the error is dropped.
func (r record) write() {
	if !r.logger.text {
		r.buf.End('}')
	}
	r.buf = append(r.buf, '\n')
	r.logger.mu.Lock()
	defer r.logger.mu.Unlock()
	r.logger.w.Write(r.buf)
}

// Write makes the logger the place for what net/http has to say.
func (l *logger) Write(p []byte) (int, error) {
	l.record("warn", strings.TrimSpace(string(p))).write()
	return len(p), nil
}
