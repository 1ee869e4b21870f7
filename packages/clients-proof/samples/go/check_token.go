package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Refused: the caller gets this status, and the code as the error of its WWW-Authenticate challenge (RFC 6750, section 3).
type Refused struct {
	Status int
	Code   string
}

func (refused Refused) Error() string { return refused.Code }

var invalidToken = Refused{401, "invalid_token"}

// ErrKeySet is no fault of the caller: answer 503.
var ErrKeySet = errors.New("the key set cannot be read")

type Claims struct {
	Issuer    string          `json:"iss"`
	Audience  audience        `json:"aud"`
	Subject   string          `json:"sub"`
	ClientID  string          `json:"client_id"`
	Scope     string          `json:"scope"`
	IssuedAt  float64         `json:"iat"`
	ExpiresAt float64         `json:"exp"`
	NotBefore float64         `json:"nbf"`
	Bound     json.RawMessage `json:"cnf"`
}

// A text, or a list of texts (RFC 7519, section 4.1.3).
type audience []string

func (values *audience) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*values = audience{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(values))
}

type jwk struct{ Kid, Kty, Alg, Crv, N, E, X, Y string }

// CheckToken keeps the key set for five minutes; a key that is not in it is looked for again, at most every 30 seconds.
type CheckToken struct {
	Issuer, Audience, Algorithm string

	lock      sync.Mutex
	keys      map[string]jwk
	fetchedAt time.Time
}

var bearer = regexp.MustCompile(`^(?i:Bearer) +([A-Za-z0-9._~+/-]+=*)$`)

const leewaySeconds = 10

func (check *CheckToken) Check(authorization, scope string) (*Claims, error) {
	match := bearer.FindStringSubmatch(authorization)
	if match == nil {
		return nil, invalidToken
	}
	claims, err := check.verify(match[1])
	if errors.Is(err, ErrKeySet) {
		return nil, err
	}
	if err != nil {
		return nil, invalidToken
	}
	// It is bound to a key: whoever sends it as a plain bearer token may have stolen it.
	if claims.Bound != nil {
		return nil, invalidToken
	}
	for _, granted := range strings.Split(claims.Scope, " ") {
		if granted == scope {
			return claims, nil
		}
	}
	return nil, Refused{403, "insufficient_scope"}
}

func (check *CheckToken) verify(token string) (*Claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("no signed token")
	}
	var header struct{ Alg, Typ, Kid string }
	if err := decode(parts[0], &header); err != nil {
		return nil, err
	}
	if header.Typ != "at+jwt" || header.Alg != check.Algorithm {
		return nil, errors.New("no access token, or of another algorithm")
	}
	key, err := check.find(header.Kid)
	if err != nil {
		return nil, err
	}
	// The key says what it is for, never the token.
	if key.Alg != check.Algorithm {
		return nil, errors.New("a key of another algorithm")
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil {
		return nil, err
	}
	if !signed(key, sha256.Sum256([]byte(parts[0]+"."+parts[1])), signature) {
		return nil, errors.New("the signature is wrong")
	}
	claims := &Claims{}
	if err := decode(parts[1], claims); err != nil {
		return nil, err
	}
	return claims, check.compare(claims)
}

func (check *CheckToken) compare(claims *Claims) error {
	now := float64(time.Now().Unix())
	isFor := false
	for _, one := range claims.Audience {
		isFor = isFor || one == check.Audience
	}
	switch {
	case claims.Issuer != check.Issuer, !isFor:
		return errors.New("another issuer or audience")
	case claims.Subject == "", claims.ClientID == "", claims.IssuedAt == 0:
		return errors.New("a claim is missing")
	case claims.ExpiresAt+leewaySeconds <= now:
		return errors.New("it has expired")
	case claims.NotBefore > now+leewaySeconds, claims.IssuedAt > now+leewaySeconds:
		return errors.New("its time has not come")
	}
	return nil
}

func signed(key jwk, digest [32]byte, signature []byte) bool {
	switch key.Alg {
	case "RS256":
		public := &rsa.PublicKey{N: number(key.N), E: int(number(key.E).Int64())}
		return rsa.VerifyPKCS1v15(public, crypto.SHA256, digest[:], signature) == nil
	case "ES256":
		public := &ecdsa.PublicKey{Curve: elliptic.P256(), X: number(key.X), Y: number(key.Y)}
		if len(signature) != 64 || !public.Curve.IsOnCurve(public.X, public.Y) {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return ecdsa.Verify(public, digest[:], r, s)
	}
	return false
}

func (check *CheckToken) find(kid string) (jwk, error) {
	check.lock.Lock()
	defer check.lock.Unlock()
	key, known := check.keys[kid]
	age := time.Since(check.fetchedAt)
	if age > 5*time.Minute || (!known && age > 30*time.Second) {
		if err := check.fetch(); err != nil {
			return jwk{}, fmt.Errorf("%w: %v", ErrKeySet, err)
		}
		key, known = check.keys[kid]
	}
	if !known {
		return jwk{}, errors.New("no key of this issuer")
	}
	return key, nil
}

func (check *CheckToken) fetch() error {
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get(check.Issuer + ".well-known/jwks.json")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the key set was answered with %d", answer.StatusCode)
	}
	var set struct{ Keys []jwk }
	if err := json.NewDecoder(answer.Body).Decode(&set); err != nil {
		return err
	}
	check.keys = map[string]jwk{}
	for _, key := range set.Keys {
		check.keys[key.Kid] = key
	}
	check.fetchedAt = time.Now()
	return nil
}

func decode(part string, into any) error {
	bytes, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(bytes, into)
}

func number(text string) *big.Int {
	bytes, _ := base64.RawURLEncoding.DecodeString(text)
	return new(big.Int).SetBytes(bytes)
}
