using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Consumers;

/// <summary>JSON in, JSON out, and what the client is told about what it sends wrong.</summary>
[Proves("FN-17")]
public sealed partial class JsonHttpConsumerTests
{
    private const string Good = """{"item":"lamp","amount":3}""";

    [Test]
    public async Task An_answer_is_json_with_status_and_headers_as_set()
    {
        var answer = await PostAsync(Good);
        Assert.That((answer.Status, answer.Headers["content-type"], answer.Headers["location"], answer.Text), Is.EqualTo((201, "application/json", "/bids/lamp", """{"total":3}""")));
        Assert.That(answer.Headers["content-length"], Is.EqualTo($"{answer.Body.Length}"));
    }

    [TestCase("application/json")]
    [TestCase("Application/JSON; charset=UTF-8")]
    [TestCase("application/json; charset=\"utf-8\"")]
    [TestCase("application/vnd.shop.bid+json")]
    public async Task Json_has_many_names(string contentType) => Assert.That((await PostAsync(Good, contentType)).Status, Is.EqualTo(201));

    [TestCase(null)]
    [TestCase("text/plain")]
    [TestCase("application/json; charset=utf-16")]
    [TestCase("application/jsonp")]
    [TestCase("application/x-www-form-urlencoded")]
    [TestCase("json")]
    [TestCase("application/json, text/plain")]
    public async Task Another_content_type_is_415_before_the_body_is_read(string? contentType)
    {
        await using var request = Communicator.Http(Consumer.Of<Bids>(), "POST", "/");
        if (contentType is not null)
        {
            request.WithHeader("content-type", contentType);
        }

        await request.SendBodyAsync("half"u8.ToArray(), moreBody: true);
        var answer = await request.GetResponseAsync();
        Assert.That((answer.Status, answer.Headers["content-type"], answer.Headers["accept"]), Is.EqualTo((415, "application/problem+json", "application/json")));
    }

    [TestCase("gzip", 415)]
    [TestCase("identity", 201)]
    public async Task An_encoded_body_is_415(string coding, int status)
    {
        await using var request = Communicator.Http(Consumer.Of<Bids>(), "POST", "/").WithBody(Good, "application/json").WithHeader("content-encoding", coding);
        Assert.That((await request.GetResponseAsync()).Status, Is.EqualTo(status));
    }

    [TestCase("", 400, null)]
    [TestCase("{", 400, "$")]
    [TestCase("{\"item\":\"lamp\",\n\"amount\":}", 400, "$.amount")]
    [TestCase("{\"item\":\"lamp\",\"amount\":3} x", 400, "$")]
    [TestCase("null", 422, "$")]
    [TestCase("[]", 422, "$")]
    [TestCase("{\"item\":\"lamp\",\"amount\":\"three\"}", 422, "$.amount")]
    [TestCase("{\"item\":\"lamp\",\"amount\":99999999999}", 422, "$.amount")]
    [TestCase("{\"item\":null,\"amount\":3}", 422, "$.item")]
    [TestCase("{\"amount\":3}", 422, "$")]
    [TestCase("{\"item\":\"\\ud800\",\"amount\":3}", 400, null)]
    [TestCase("{\"item\":\"lamp\",\"amount\":3,\"extra\":1}", 422, "$.extra")]
    [TestCase("{\"item\":\"lamp\",\"amount\":-1}", 422, "$")]
    [TestCase("{\"item\":\"lamp\",\"amount\":3,\"by\":{}}", 422, "$")]
    [TestCase("{\"item\":\"lamp\",\"amount\":1000}", 422, "$.amount")]
    public async Task What_is_wrong_is_told_by_its_path_and_no_type_or_stack(string body, int status, string? path)
    {
        var answer = await PostAsync(body);
        Assert.That((answer.Status, answer.Headers["content-type"]), Is.EqualTo((status, "application/problem+json")), answer.Text);
        using var problem = JsonDocument.Parse(answer.Body);
        Assert.That(problem.RootElement.GetProperty("status").GetInt32(), Is.EqualTo(status));
        Assert.That(problem.RootElement.TryGetProperty("errors", out var errors) ? errors.EnumerateObject().Single().Name : null, Is.EqualTo(path));
        Assert.That(answer.Text, Does.Not.Contain(nameof(Bid)).And.Not.Contain("System.").And.Not.Contain("   at "));
    }

    [TestCase("\"\u00ff\u00fe\"")]
    [TestCase("{\"item\":\"\u00ff\",\"amount\":3}")]
    [TestCase("{\"item\":\"lamp\",\"amount\":3,\"by\":{\"$type\":\"person\",\"name\":\"Ann\",\"\u00e9\":1}}")]
    public async Task Bytes_that_are_no_text_are_400_wherever_they_stand(string latin1)
    {
        await using var request = Communicator.Http(Consumer.Of<Bids>(), "POST", "/").WithBody(Encoding.Latin1.GetBytes(latin1), "application/json");
        Assert.That((await request.GetResponseAsync()).Status, Is.EqualTo(400));
    }

    [Test]
    public async Task A_body_that_is_too_long_is_413()
    {
        var answer = await PostAsync($"{{\"item\":\"{new string('x', 2000)}\",\"amount\":3}}");
        Assert.That((answer.Status, answer.Headers["content-type"]), Is.EqualTo((413, "application/problem+json")));
    }

    [TestCase("nothing", 204)]
    [TestCase("problem", 404)]
    public async Task Null_is_204_unless_something_else_was_sent(string item, int status) =>
        Assert.That((await PostAsync($"{{\"item\":\"{item}\",\"amount\":3}}")).Status, Is.EqualTo(status));

    [Test]
    public async Task An_answer_beside_another_is_a_mistake_that_is_named()
    {
        await using var request = Communicator.Http(Consumer.Of<Bids>(), "POST", "/").WithBody("""{"item":"both","amount":3}""", "application/json");
        Assert.That((await request.GetResponseAsync()).Status, Is.EqualTo(404));
        Assert.That(async () => await request.WaitAsync(), Throws.InvalidOperationException.With.Message.StartsWith("Bids has answered its request already"));
    }

    private static async Task<HttpResult> PostAsync(string body, string contentType = "application/json")
    {
        await using var request = Communicator.Http(Consumer.Of<Bids>(), "POST", "/").WithBody(body, contentType);
        return await request.GetResponseAsync();
    }

    internal sealed record Bid
    {
        [JsonConstructor]
        public Bid(string item, int amount, Party? by = null) => (Item, Amount, By) = (item, amount >= 0 ? amount : throw new ArgumentOutOfRangeException(nameof(amount)), by);

        public string Item { get; }

        public int Amount { get; }

        public Party? By { get; }
    }

    [JsonPolymorphic]
    [JsonDerivedType(typeof(Person), "person")]
    internal abstract record Party;

    internal sealed record Person(string Name) : Party;

    internal sealed record Receipt(int Total);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
    [JsonSerializable(typeof(Bid))]
    [JsonSerializable(typeof(Receipt))]
    private sealed partial class BidJson : JsonSerializerContext;

    private sealed class Bids() : JsonHttpConsumer<Bid, Receipt>(BidJson.Default.Bid, BidJson.Default.Receipt)
    {
        protected override long MaxBodyBytes => 1000;

        protected override IReadOnlyDictionary<string, string[]>? Validate(Bid message) =>
            message.Amount < 1000 ? null : new Dictionary<string, string[]> { ["$.amount"] = ["At most 999."] };

        protected override async ValueTask<Receipt?> OnJsonAsync(Bid message)
        {
            if (message.Item is "problem" or "both")
            {
                await Respond.ProblemAsync(Send, new(404, "No such item."));
            }

            ResponseStatus = 201;
            ResponseHeaders.Add("location", $"/bids/{message.Item}");
            return message.Item is "nothing" or "problem" ? null : new(message.Amount);
        }
    }
}
