package registry

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
)

// realms are the hosts of the token services that registries document as
// theirs, where those aren't the registry's own host.
var realms = map[string]string{
	hub:                   "auth.docker.io",
	"registry.gitlab.com": "gitlab.com",
}

// uploadPaths are where registries, by the end of their host names, document
// that they take uploads on their own host but outside of /v2/.
var uploadPaths = map[string]string{
	".pkg.dev": "/artifacts-uploads/",
}

// A RealmError is the refusal to send a registry's credentials to a token
// service on a host that isn't known to be the registry's; see
// [Options.AuthRealms].
type RealmError struct {
	Registry string
	Realm    string // HOST[:PORT]
}

func (e *RealmError) Error() string {
	return fmt.Sprintf("its token service is on %s, which isn't known to be of %s: credentials are not sent there", clean(e.Realm), e.Registry)
}

// An UploadError is the refusal to send content to where a registry leads, out
// of its own API or to another host; see [Options.UploadHosts].
type UploadError struct {
	Registry string
	Host     string // HOST[:PORT]
	Path     string
}

func (e *UploadError) Error() string {
	return fmt.Sprintf("registry %s: the upload leads to %s%s, which is not in the registry's own /v2/: content is not sent there", e.Registry, clean(e.Host), clean(e.Path))
}

// Is makes it final.
func (e *UploadError) Is(target error) bool { return target == errRefused }

// sameHost reports whether what is for from may go to to: the same origin, or
// the same host by TLS.
func sameHost(from, to *url.URL) bool {
	return origin(from) == origin(to) || to.Scheme == "https" && strings.EqualFold(from.Host, to.Host)
}

// trusts reports whether the account's credentials may go to the token service
// at realm. That of another host must be documented or named by the user: a
// registry that could name any host could have the credentials sent anywhere.
func (a *account) trusts(realm *url.URL) bool {
	own, err := url.Parse(a.origin)
	if err == nil && sameHost(own, realm) {
		return true
	}
	if realm.Scheme == "https" && strings.EqualFold(realms[a.key], realm.Host) {
		return true
	}
	return named(a.client.options.AuthRealms, realm)
}

// checkUpload refuses a place for content of from's that is neither in its API
// nor on a host that the user named.
func (c *Client) checkUpload(from, to *url.URL) error {
	if named(c.options.UploadHosts, to) || sameHost(from, to) && inAPI(to) {
		return nil
	}
	return &UploadError{Registry: from.Host, Host: to.Host, Path: to.Path}
}

func inAPI(u *url.URL) bool {
	p := path.Clean(u.Path)
	if strings.HasPrefix(p, "/v2/") {
		return true
	}
	for suffix, prefix := range uploadPaths {
		if strings.HasSuffix(strings.ToLower(u.Hostname()), suffix) && strings.HasPrefix(p, prefix) {
			return true
		}
	}
	return false
}

// named reports whether hosts, HOST[:PORT] each, has that of u.
func named(hosts []string, u *url.URL) bool {
	return slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, u.Host) })
}

// sends reports whether a request of the method carries content.
func sends(method string) bool {
	return method == http.MethodPost || method == http.MethodPatch || method == http.MethodPut
}
