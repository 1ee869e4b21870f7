import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;

/** Each line of standard input is an Authorization header; each line of standard output what becomes of it. */
public final class Judge {
  public static void main(String[] args) throws IOException {
    var checkToken = new CheckToken(args[0], args[1], args[2]);
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      try {
        System.out.println("200 " + checkToken.check(line, args[3]).path("client_id").asText());
      } catch (CheckToken.Refused refused) {
        System.out.println(refused.status + " " + refused.code);
      } catch (IllegalStateException unreadable) {
        System.out.println("503");
      }
    }
  }
}
