package registry

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"devops-go/internal/oci"
)

const (
	maxPage  = 8 << 20
	maxPages = 1000
	maxList  = 64 << 20 // bytes of all pages
)

// Tags returns the tags of ref's repository, in the registry's order.
func (c *Client) Tags(ctx context.Context, ref Reference) ([]string, error) {
	var all []string
	err := c.pages(ctx, ref, "/v2/"+ref.name+"/tags/list", nil, func(body []byte) error {
		var page struct {
			Tags []string `json:"tags"`
		}
		if oci.Unmarshal(body, &page) != nil {
			return fmt.Errorf("registry %s: the list is not JSON", ref.host)
		}
		for _, tag := range page.Tags {
			if err := checkTag(tag); err != nil {
				return fmt.Errorf("registry %s: %w", ref.host, err)
			}
		}
		all = append(all, page.Tags...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("tags of %s: %w", ref.Repository(), err)
	}
	return all, nil
}

// pages calls take with each page of a list (distribution-spec, "Listing
// Tags"), following the Link headers.
func (c *Client) pages(ctx context.Context, ref Reference, path string, accept []string, take func(body []byte) error) error {
	h := c.host(ref.host)
	u, err := c.url(ctx, h, path)
	if err != nil {
		return err
	}
	seen := make(map[string]bool)
	bytes := 0
	for range maxPages {
		seen[u.String()] = true
		next, err := c.page(ctx, h, u, ref, accept, func(body []byte) error {
			if bytes += len(body); bytes > maxList {
				return refused("registry %s: the list has more than %d bytes", u.Host, maxList)
			}
			return take(body)
		})
		if err != nil || next == nil {
			return err
		}
		if seen[next.String()] {
			return refused("registry %s: the list leads in a circle", u.Host)
		}
		u = next
	}
	return refused("registry %s: the list has more than %d pages", u.Host, maxPages)
}

func (c *Client) page(ctx context.Context, h *host, u *url.URL, ref Reference, accept []string, take func(body []byte) error) (*url.URL, error) {
	r := &request{
		method:  http.MethodGet,
		url:     u,
		header:  http.Header{},
		account: c.account(h, u),
		scopes:  pullScope(ref),
	}
	if accept != nil {
		r.header["Accept"] = accept
	}
	resp, body, err := c.read(ctx, r, maxPage)
	if err != nil {
		return nil, err
	}
	if err := take(body); err != nil {
		return nil, err
	}
	link := nextLink(resp.Header.Values("Link"))
	if link == "" {
		return nil, nil
	}
	next, err := u.Parse(link)
	if err != nil || origin(next) != origin(u) {
		return nil, refused("registry %s: the list goes on at %s", u.Host, quote(link))
	}
	return next, nil
}

// nextLink returns the target of the first link with relation "next" in the
// lines of a Link header (RFC 8288), or "".
func nextLink(lines []string) string {
	for _, line := range lines {
		for line != "" {
			open := strings.IndexByte(line, '<')
			if open < 0 {
				break
			}
			target, rest, ok := strings.Cut(line[open+1:], ">")
			if !ok {
				break
			}
			var rel string
			rel, line = linkRelation(rest)
			for word := range strings.FieldsSeq(rel) {
				if strings.EqualFold(word, "next") {
					return target
				}
			}
		}
	}
	return ""
}

// linkRelation reads the parameters that follow a link's target, up to the
// comma before the next link, and returns the value of rel.
func linkRelation(s string) (rel, rest string) {
	for {
		s = strings.TrimLeft(s, " \t;")
		name, after := token(s)
		if name == "" {
			return rel, s
		}
		s = strings.TrimLeft(after, " \t")
		if !strings.HasPrefix(s, "=") {
			continue
		}
		value, after, ok := linkValue(strings.TrimLeft(s[1:], " \t"))
		if !ok {
			return rel, ""
		}
		if strings.EqualFold(name, "rel") && rel == "" {
			rel = value
		}
		s = after
	}
}

func linkValue(s string) (value, rest string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		return parameter(s)
	}
	value, rest = token(s)
	return value, rest, true
}
