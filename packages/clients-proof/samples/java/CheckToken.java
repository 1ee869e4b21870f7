import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Keeps the key set for five minutes; a key that is not in it is looked for again, at most every 30 seconds. */
public final class CheckToken {
  /** The caller gets this status, and the code as the error of its WWW-Authenticate challenge (RFC 6750, section 3). */
  public static final class Refused extends Exception {
    public final int status;
    public final String code;

    Refused(int status, String code) {
      super(code);
      this.status = status;
      this.code = code;
    }
  }

  private static final Pattern BEARER =
      Pattern.compile("Bearer +([A-Za-z0-9._~+/-]+=*)", Pattern.CASE_INSENSITIVE);
  private static final long LEEWAY_SECONDS = 10;

  private final ObjectMapper json = new ObjectMapper();
  // Without TLS it would ask for HTTP/2 by a header, which is refused.
  private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String issuer;
  private final String audience;
  private final String algorithm;
  private Map<String, JsonNode> keys = Map.of();
  private Instant fetchedAt = Instant.EPOCH;

  public CheckToken(String issuer, String audience, String algorithm) {
    this.issuer = issuer;
    this.audience = audience;
    this.algorithm = algorithm;
  }

  public JsonNode check(String authorization, String scope) throws Refused {
    var match = BEARER.matcher(authorization == null ? "" : authorization);
    if (!match.matches()) throw new Refused(401, "invalid_token");
    JsonNode claims;
    try {
      claims = verify(match.group(1));
    } catch (IOException | GeneralSecurityException | IllegalArgumentException fault) {
      throw new Refused(401, "invalid_token");
    }
    // It is bound to a key: whoever sends it as a plain bearer token may have stolen it.
    if (claims.has("cnf")) throw new Refused(401, "invalid_token");
    if (!List.of(claims.path("scope").asText().split(" ")).contains(scope)) {
      throw new Refused(403, "insufficient_scope");
    }
    return claims;
  }

  private JsonNode verify(String token) throws IOException, GeneralSecurityException {
    String[] parts = token.split("\\.", -1);
    require(parts.length == 3);
    JsonNode header = decode(parts[0]);
    require(header.path("typ").asText().equals("at+jwt"));
    require(header.path("alg").asText().equals(algorithm));
    JsonNode key = find(header.path("kid").asText());
    // The key says what it is for, never the token.
    require(key != null && key.path("alg").asText().equals(algorithm));
    Signature signature = Signature.getInstance(
        algorithm.equals("ES256") ? "SHA256withECDSAinP1363Format" : "SHA256withRSA");
    signature.initVerify(publicKey(key));
    signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
    require(signature.verify(Base64.getUrlDecoder().decode(parts[2])));
    JsonNode claims = decode(parts[1]);
    compare(claims);
    return claims;
  }

  private void compare(JsonNode claims) {
    long now = Instant.now().getEpochSecond();
    require(claims.path("iss").asText().equals(issuer));
    JsonNode aud = claims.path("aud");
    boolean isFor = aud.isTextual() && aud.asText().equals(audience);
    for (JsonNode one : aud) isFor = isFor || one.asText().equals(audience);
    require(isFor);
    require(claims.path("sub").isTextual() && claims.path("client_id").isTextual());
    require(claims.path("exp").isNumber() && claims.path("exp").asLong() + LEEWAY_SECONDS > now);
    require(claims.path("iat").isNumber() && claims.path("iat").asLong() <= now + LEEWAY_SECONDS);
    require(!claims.has("nbf")
        || (claims.path("nbf").isNumber() && claims.path("nbf").asLong() <= now + LEEWAY_SECONDS));
  }

  private PublicKey publicKey(JsonNode key) throws GeneralSecurityException {
    if (algorithm.equals("RS256")) {
      var spec = new RSAPublicKeySpec(number(key, "n"), number(key, "e"));
      return KeyFactory.getInstance("RSA").generatePublic(spec);
    }
    AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
    curve.init(new ECGenParameterSpec("secp256r1"));
    var point = new ECPoint(number(key, "x"), number(key, "y"));
    var spec = new ECPublicKeySpec(point, curve.getParameterSpec(ECParameterSpec.class));
    return KeyFactory.getInstance("EC").generatePublic(spec);
  }

  private synchronized JsonNode find(String kid) {
    Duration age = Duration.between(fetchedAt, Instant.now());
    boolean isOld = age.compareTo(Duration.ofMinutes(5)) > 0;
    if (isOld || (!keys.containsKey(kid) && age.compareTo(Duration.ofSeconds(30)) > 0)) fetch();
    return keys.get(kid);
  }

  /** @throws IllegalStateException when the key set cannot be read, which is no fault of the caller: answer 503. */
  private void fetch() {
    var request = HttpRequest.newBuilder(URI.create(issuer + ".well-known/jwks.json"))
        .timeout(Duration.ofSeconds(5)).build();
    try {
      var answer = http.send(request, BodyHandlers.ofByteArray());
      if (answer.statusCode() != 200) throw new IOException("The answer is " + answer.statusCode());
      Map<String, JsonNode> fetched = new HashMap<>();
      for (JsonNode key : json.readTree(answer.body()).path("keys")) fetched.put(key.path("kid").asText(), key);
      keys = fetched;
      fetchedAt = Instant.now();
    } catch (IOException | InterruptedException cause) {
      if (cause instanceof InterruptedException) Thread.currentThread().interrupt();
      throw new IllegalStateException("The key set cannot be read.", cause);
    }
  }

  private JsonNode decode(String part) throws IOException {
    JsonNode decoded = json.readTree(Base64.getUrlDecoder().decode(part));
    require(decoded != null && decoded.isObject());
    return decoded;
  }

  private static BigInteger number(JsonNode key, String member) {
    return new BigInteger(1, Base64.getUrlDecoder().decode(key.path(member).asText()));
  }

  private static void require(boolean holds) {
    if (!holds) throw new IllegalArgumentException();
  }
}
