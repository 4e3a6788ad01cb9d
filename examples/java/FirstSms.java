import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.UUID;
import ringmock.ApiClient;
import ringmock.api.HandsetsApi;
import ringmock.api.MessagesApi;
import ringmock.api.TokensApi;
import ringmock.api.WorldsApi;
import ringmock.model.ANumberOfTheAccountOrAListOfSeveralNumbers;
import ringmock.model.CreateTokenRequest;
import ringmock.model.CreateWorldRequest;
import ringmock.model.SeenMessage;
import ringmock.model.SendFromHandsetRequest;

/** A customer asks for a code, an application sends it, and the test waits for it, in a world of its own. */
public final class FirstSms {
  private static final String CUSTOMER = "14151003732";
  private static final String NUMBER = "16509100010";

  public static void main(String[] arguments) throws Exception {
    String url = System.getenv("RINGMOCK_URL");
    String controlToken = System.getenv("RINGMOCK_CONTROL_TOKEN");
    ApiClient control = new ApiClient();
    control.updateBaseUri(url + "/_mock");
    WorldsApi worlds = new WorldsApi(control);
    String world = "java-" + UUID.randomUUID();
    control.setRequestInterceptor(call -> {
      call.header("X-Ringmock-World", world);
      if (controlToken != null) call.header("X-Ringmock-Token", controlToken);
    });
    worlds.createWorld(new CreateWorldRequest().name(world));
    try {
      var text = new SendFromHandsetRequest()
          .to(new ANumberOfTheAccountOrAListOfSeveralNumbers(NUMBER))
          .text("Send me a code");
      new HandsetsApi(control).sendFromHandset(CUSTOMER, text);

      // The application under test: it signs in with the world's name as its client id, or takes a token.
      var token = new TokensApi(control).createToken(new CreateTokenRequest().extension("101")).getAccessToken();
      sendCode(url, token);

      System.out.println(waitForSms(control, CUSTOMER).getExtracted());
    } finally {
      worlds.closeWorld(world);
    }
  }

  private static void sendCode(String url, String token) throws Exception {
    String sms = """
        {"from": {"phoneNumber": "%s"}, "to": [{"phoneNumber": "%s"}], "text": "Your code is 493021"}
        """.formatted(NUMBER, CUSTOMER);
    var request = HttpRequest.newBuilder(URI.create(url + "/restapi/v1.0/account/~/extension/~/sms"))
        .header("Authorization", "Bearer " + token)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(sms))
        .build();
    var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) throw new IllegalStateException(answer.body());
  }

  /** The first SMS to a phone, with the code in it; at most five seconds later. */
  private static SeenMessage waitForSms(ApiClient control, String to) throws Exception {
    var seconds = new BigDecimal(5);
    return new MessagesApi(control)
        .listMessages(to, null, null, null, null, null, "SMS", null, null, null, seconds, null, null, null, null, "code", null)
        .getMessages().get(0);
  }
}
