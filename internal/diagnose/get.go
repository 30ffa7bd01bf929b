package diagnose

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxHeader bounds what a server's status line and headers may take, in bytes.
const maxHeader = 1 << 20

// GetOptions say what Get shows besides the body.
type GetOptions struct {
	Headers      bool // status line and headers
	Verbose      bool // addresses and timings
	MaxRedirects int
	UserAgent    string
}

// Get fetches rawURL and copies the body to stdout; the status line, and what
// else is asked for, goes to stderr. A final status of 400 and above is an error
// of class Status, after the body.
func (c *Client) Get(ctx context.Context, rawURL string, o GetOptions, stdout, stderr io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	target, err := parseURL(rawURL)
	if err != nil {
		return err
	}
	for hops := 0; ; hops++ {
		resp, conn, err := c.roundTrip(ctx, target, o, stderr)
		if err != nil {
			return err
		}
		next, err := redirect(target, resp)
		if err == nil && next != nil && hops == o.MaxRedirects {
			err = &Error{Failed, fmt.Errorf("more than %d redirects", o.MaxRedirects)}
		}
		if err == nil && next == nil {
			if _, err = io.Copy(stdout, resp.Body); err != nil {
				err = classify(fmt.Errorf("reading the body: %w", err))
			} else if resp.StatusCode >= 400 {
				err = &Error{Status, errors.New(resp.Status)}
			}
		}
		conn.Close()
		if err != nil || next == nil {
			return err
		}
		target = next
	}
}

func parseURL(s string) (*url.URL, error) {
	if !strings.Contains(s, "://") {
		s = "http://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, &Error{Failed, err}
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" {
		return nil, &Error{Failed, fmt.Errorf("%q: want http://HOST… or https://HOST…", u.Redacted())}
	}
	return u, nil
}

// redirect returns where resp sends the client, nil if nowhere.
func redirect(from *url.URL, resp *http.Response) (*url.URL, error) {
	switch resp.StatusCode {
	case 301, 302, 303, 307, 308:
	default:
		return nil, nil
	}
	location := resp.Header.Get("Location")
	if location == "" {
		return nil, nil
	}
	ref, err := url.Parse(location)
	if err != nil {
		return nil, &Error{Failed, fmt.Errorf("redirect: %w", err)}
	}
	to := from.ResolveReference(ref)
	if to.Host == from.Host && to.Scheme == from.Scheme && to.User == nil {
		to.User = from.User
	}
	return parseURL(to.String())
}

// roundTrip sends one GET. The response's body is read from the connection,
// which the caller closes.
func (c *Client) roundTrip(ctx context.Context, u *url.URL, o GetOptions, stderr io.Writer) (*http.Response, net.Conn, error) {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	conn, t, err := dial(ctx, u.Hostname(), port)
	if err != nil {
		return nil, nil, err
	}
	last := time.Now()
	if u.Scheme == "https" {
		if conn, err = c.secureConn(ctx, conn, u.Hostname()); err != nil {
			return nil, nil, err
		}
		t.tls = lap(&last)
	}
	resp, err := exchange(conn, u, o.UserAgent)
	if err != nil {
		conn.Close()
		return nil, nil, classify(err)
	}
	t.firstByte = lap(&last)
	report(stderr, u, conn, resp, t, o)
	return resp, conn, nil
}

// secureConn is secure for callers to whom both kinds of connection are one.
func (c *Client) secureConn(ctx context.Context, conn net.Conn, host string) (net.Conn, error) {
	secured, err := c.secure(ctx, conn, host)
	if err != nil {
		return nil, err
	}
	return secured, nil
}

func exchange(conn net.Conn, u *url.URL, userAgent string) (*http.Response, error) {
	request := "GET " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host +
		"\r\nUser-Agent: " + userAgent + "\r\nAccept: */*\r\nConnection: close\r\n"
	if u.User != nil {
		password, _ := u.User.Password()
		request += "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)) + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		return nil, fmt.Errorf("sending the request: %w", err)
	}
	limited := &io.LimitedReader{R: conn, N: maxHeader}
	buffered := bufio.NewReader(limited)
	for {
		resp, err := http.ReadResponse(buffered, nil)
		switch {
		case limited.N <= 0:
			return nil, fmt.Errorf("headers of more than %d bytes", maxHeader)
		case err != nil:
			return nil, fmt.Errorf("reading the answer: %w", err)
		case resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols:
			limited.N = math.MaxInt64
			return resp, nil
		}
	}
}

func report(w io.Writer, u *url.URL, conn net.Conn, resp *http.Response, t timing, o GetOptions) {
	if o.Verbose {
		fmt.Fprintf(w, "* %s at %s\n", u.Redacted(), conn.RemoteAddr())
		fmt.Fprintf(w, "* dns %s, connect %s, tls %s, first byte %s\n",
			millis(t.dns), millis(t.connect), millis(t.tls), millis(t.firstByte))
	}
	fmt.Fprintf(w, "%s %s\n", resp.Proto, resp.Status)
	if o.Headers || o.Verbose {
		names := make([]string, 0, len(resp.Header))
		for name := range resp.Header {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			for _, value := range resp.Header[name] {
				fmt.Fprintf(w, "%s: %s\n", name, value)
			}
		}
		fmt.Fprintln(w)
	}
}

func millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
