package diagnose

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"devops-go/internal/roots"
)

// Healthcheck asks for u, which is this machine's own service, and reports any
// answer but 200. The certificate isn't looked at: it is for the name that
// clients use, and what is asked is whether the service answers.
func Healthcheck(ctx context.Context, u *url.URL, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c := &Client{insecure: true}
	resp, conn, err := c.roundTrip(ctx, u, GetOptions{UserAgent: "healthcheck"}, io.Discard)
	if err != nil {
		return err
	}
	defer conn.Close()
	if resp.StatusCode != http.StatusOK {
		return &Error{Status, errors.New(resp.Status)}
	}
	return nil
}

// Lookup prints a name's canonical name and addresses, or an address's names.
func (c *Client) Lookup(ctx context.Context, name string, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	if addr, err := netip.ParseAddr(name); err == nil {
		names, err := net.DefaultResolver.LookupAddr(ctx, addr.String())
		if err != nil {
			return classify(err)
		}
		for _, n := range names {
			fmt.Fprintln(stdout, n)
		}
		return nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return classify(err)
	}
	if canonical, err := net.DefaultResolver.LookupCNAME(ctx, name); err == nil && canonical != name && canonical != name+"." {
		fmt.Fprintln(stdout, "canonical name", canonical)
	}
	for _, addr := range addrs {
		fmt.Fprintln(stdout, addr.Unmap())
	}
	return nil
}

// Connect opens a TCP connection, closes it, and prints where to and how fast.
func (c *Client) Connect(ctx context.Context, target string, stdout io.Writer) error {
	host, port, err := hostPort(target, "")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	conn, t, err := dial(ctx, host, port)
	if err != nil {
		return err
	}
	defer conn.Close()
	fmt.Fprintf(stdout, "connected to %s in %s (dns %s)\n", conn.RemoteAddr(), millis(t.connect), millis(t.dns))
	return nil
}

// Certificates prints the chain of a TLS server as it was verified, and which
// root vouches for it. A chain that can't be verified is printed as it was sent.
func (c *Client) Certificates(ctx context.Context, target string, stdout io.Writer) error {
	if rest, ok := strings.CutPrefix(target, "https://"); ok {
		target, _, _ = strings.Cut(rest, "/")
	}
	host, port, err := hostPort(target, "443")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	conn, _, err := dial(ctx, host, port)
	if err != nil {
		return err
	}
	secured, err := c.secure(ctx, conn, host)
	if err != nil {
		if unverified, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			fmt.Fprintln(stdout, "presented, not verified:")
			printChain(stdout, unverified.UnverifiedCertificates)
		}
		return err
	}
	defer secured.Close()
	state := secured.ConnectionState()
	fmt.Fprintf(stdout, "%s, %s, verified for %s:\n", tls.VersionName(state.Version), tls.CipherSuiteName(state.CipherSuite), host)
	chain := state.VerifiedChains[0]
	printChain(stdout, chain)
	fmt.Fprintf(stdout, "trusted by %s\n", c.store.Origin(chain[len(chain)-1]))
	return nil
}

func printChain(w io.Writer, chain []*x509.Certificate) {
	for i, cert := range chain {
		left := time.Until(cert.NotAfter).Hours() / 24
		fmt.Fprintf(w, "%2d  subject  %s\n    issuer   %s\n    expires  %s (%.0f days)\n",
			i, roots.Name(cert.Subject), roots.Name(cert.Issuer), cert.NotAfter.UTC().Format(time.RFC3339), left)
	}
}
