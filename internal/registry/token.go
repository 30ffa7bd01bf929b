package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"devops-go/internal/dockerconfig"
	"devops-go/internal/oci"
)

const (
	// defaultLifetime is a token's when its service names none
	// (distribution's token specification).
	defaultLifetime = time.Minute
	// lifetimeMargin is taken off, so that no token runs out on its way.
	lifetimeMargin = 10 * time.Second
	maxTokenAnswer = 1 << 20
	maxTokens      = 256
)

// A slot holds one token and lets one goroutine at a time ask for it.
type slot struct {
	turn    chan struct{}
	header  string
	expires time.Time
}

// token returns a Bearer header for scopes, from the cache while it lasts.
func (a *account) token(ctx context.Context, demand challenge, scopes []string, notThis string) (string, error) {
	s := a.slot(scopes)
	if err := acquire(ctx, s.turn); err != nil {
		return "", err
	}
	defer func() { <-s.turn }()
	now := a.client.options.Now()
	if s.header != "" && s.header != notThis && now.Before(s.expires) {
		return s.header, nil
	}
	t, err := a.fetch(ctx, demand, scopes)
	if err != nil {
		return "", err
	}
	s.header, s.expires = "Bearer "+t.value, now.Add(t.lifetime-lifetimeMargin)
	return s.header, nil
}

// slot returns the place of the token for scopes. The cache is emptied when it
// is full: tokens are short-lived and cheap.
func (a *account) slot(scopes []string) *slot {
	key := strings.Join(scopes, " ")
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.tokens[key]
	if s == nil {
		if len(a.tokens) >= maxTokens {
			clear(a.tokens)
		}
		s = &slot{turn: make(chan struct{}, 1)}
		a.tokens[key] = s
	}
	return s
}

type tokenAnswer struct {
	value    string
	lifetime time.Duration
}

// fetch asks the service that demand names for a token.
func (a *account) fetch(ctx context.Context, demand challenge, scopes []string) (tokenAnswer, error) {
	r, err := a.tokenRequest(demand, scopes)
	if err != nil {
		return tokenAnswer{}, err
	}
	_, body, err := a.client.read(ctx, r, maxTokenAnswer)
	if err != nil {
		return tokenAnswer{}, fmt.Errorf("token service: %w", err)
	}
	var answer struct {
		Token       string  `json:"token"`
		AccessToken string  `json:"access_token"`
		ExpiresIn   float64 `json:"expires_in"`
	}
	if oci.Unmarshal(body, &answer) != nil {
		return tokenAnswer{}, fmt.Errorf("token service %s: its answer is not the JSON of a token", r.url.Host)
	}
	value := answer.Token
	if value == "" {
		value = answer.AccessToken
	}
	if value == "" || strings.ContainsFunc(value, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return tokenAnswer{}, fmt.Errorf("token service %s: its answer holds no token", r.url.Host)
	}
	lifetime := defaultLifetime
	if s := answer.ExpiresIn; s > 0 {
		lifetime = time.Duration(min(s, 24*3600) * float64(time.Second))
	}
	return tokenAnswer{value, lifetime}, nil
}

// tokenRequest is a GET with Basic authentication, or a POST where there is an
// identity token (distribution's token and oauth specifications).
func (a *account) tokenRequest(demand challenge, scopes []string) (*request, error) {
	realm, err := url.Parse(demand.params["realm"])
	if err != nil {
		return nil, errors.New("the realm of its token service is not a URL")
	}
	if err := a.client.checkStep(realm, "the token service leads"); err != nil {
		return nil, err
	}
	form := url.Values{}
	if service := demand.params["service"]; service != "" {
		form.Set("service", service)
	}
	scopes = union(scopes, strings.Fields(demand.params["scope"]))
	a.mu.Lock()
	cred := *a.credential
	a.mu.Unlock()
	if cred != (dockerconfig.Credential{}) && !a.trusts(realm) {
		return nil, &RealmError{Registry: a.key, Realm: realm.Host}
	}
	r := &request{url: realm, header: http.Header{}, private: true, secrets: credentialSecrets(cred)}
	if cred.IdentityToken != "" {
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", cred.IdentityToken)
		form.Set("client_id", "tare")
		form.Set("scope", strings.Join(scopes, " "))
		r.method = http.MethodPost
		r.header.Set("Content-Type", "application/x-www-form-urlencoded")
		body := form.Encode()
		r.size = int64(len(body))
		r.open = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
		return r, nil
	}
	r.method = http.MethodGet
	form["scope"] = scopes
	if cred.Username != "" {
		form.Set("account", cred.Username)
		r.header.Set("Authorization", basic(cred))
	}
	query := realm.Query()
	for name, values := range form {
		query[name] = values
	}
	realm.RawQuery = query.Encode()
	return r, nil
}

// union returns a and what b holds besides.
func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}
