package registry

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"devops-go/internal/oci"
)

// Sentinels for errors.Is; the error itself says more.
var (
	// ErrNotFound: the registry has no such repository, manifest or blob.
	ErrNotFound = errors.New("not found")
	// ErrUnauthorized: the registry wants other credentials than it was sent,
	// or these don't allow what was asked.
	ErrUnauthorized = errors.New("unauthorized")
)

// An Error is a registry's refusal. Its text is one line of printable
// characters, whatever the registry sent, and holds no credential.
type Error struct {
	Host   string // the registry asked
	Op     string // method and path, without the query
	Status int    // the HTTP status
	// Code and Message are the first of the registry's own error entries
	// (distribution-spec, "Error Codes"), or empty.
	Code, Message string

	after time.Duration // what Retry-After asked for
}

// Error implements error.
func (e *Error) Error() string {
	s := fmt.Sprintf("registry %s: %s: %d", e.Host, e.Op, e.Status)
	if text := http.StatusText(e.Status); text != "" {
		s += " " + text
	}
	if e.Code != "" {
		s += ": " + e.Code
	}
	if e.Message != "" {
		s += ": " + e.Message
	}
	return s
}

// Is makes a 404 an ErrNotFound, a 401 or 403 an ErrUnauthorized.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
	}
	return false
}

// maxErrorBody is how much of a refusal is read in search of its reason.
const maxErrorBody = 64 << 10

// refusal turns an answer into an *Error and closes its body. What the
// registry echoes of the secrets it was sent is masked.
func refusal(r *request, resp *http.Response, secrets []string) *Error {
	defer resp.Body.Close()
	e := &Error{Host: r.url.Host, Op: r.op(), Status: resp.StatusCode}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if err != nil {
		return e
	}
	var answer struct {
		Errors []struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"errors"`
		// Token services answer in other forms.
		Details          string `json:"details"`
		Error            string `json:"error"`
		ErrorDescription string `json:"error_description"`
	}
	if oci.Unmarshal(body, &answer) != nil {
		return e
	}
	e.Code, e.Message = answer.Error, answer.ErrorDescription
	if e.Message == "" {
		e.Message = answer.Details
	}
	if len(answer.Errors) > 0 {
		e.Code, e.Message = answer.Errors[0].Code, answer.Errors[0].Message
	}
	e.Code, e.Message = clean(mask(e.Code, secrets)), clean(mask(e.Message, secrets))
	return e
}

// An authError is a registry's demand for authentication that could not be met.
type authError struct {
	demand *Error
	reason error
}

func (e *authError) Error() string { return e.demand.Error() + " (" + e.reason.Error() + ")" }

func (e *authError) Unwrap() []error { return []error{e.demand, e.reason} }

// A transportError is a request that got no answer, or a broken one.
type transportError struct {
	host, op string
	err      error
}

func (e *transportError) Error() string {
	return fmt.Sprintf("registry %s: %s: %s", e.host, e.op, clean(e.err.Error()))
}

func (e *transportError) Unwrap() error { return e.err }

// noAnswer wraps what net/http reports, without the URL that it quotes: its
// query may hold a signature.
func noAnswer(r *request, err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return &transportError{r.url.Host, r.op(), err}
}

// maxText is the length at which a foreign text is cut in an error.
const maxText = 300

// clean makes a foreign text fit for one line of a terminal: control and
// other unprintable characters are written as Go escapes, long text is cut.
func clean(s string) string {
	cut := len(s) > maxText
	if cut {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	var b strings.Builder
	for _, c := range s {
		if unicode.IsPrint(c) {
			b.WriteRune(c)
			continue
		}
		escaped := strconv.QuoteRune(c)
		b.WriteString(escaped[1 : len(escaped)-1])
	}
	if cut {
		b.WriteString("…")
	}
	return b.String()
}

// quote is clean between double quotes.
func quote(s string) string { return `"` + clean(s) + `"` }

// mask blots secrets out of s.
func mask(s string, secrets []string) string {
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "***")
		}
	}
	return s
}
