using System.Text.Json;
using System.Text.Json.Serialization;
using Channels.SocketIO;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>Arguments that a contract, or a constructor behind it, does not take: they are the client's, whatever is thrown at them.</summary>
internal sealed partial class ForeignArgumentTests : SocketIOFixture
{
    [TestCase("draw", "{}")]
    [TestCase("draw", "{\"x\":1}")]
    [TestCase("draw", "{\"x\":1,\"$type\":\"circle\"}")]
    [TestCase("draw", "{\"$type\":\"unknown\",\"x\":1}")]
    [TestCase("check", "{\"kind\":\"lacking\"}")]
    [TestCase("check", "{\"kind\":\"null\"}")]
    [TestCase("check", "{\"kind\":\"unsupported\"}")]
    [TestCase("check", "{\"kind\":\"invalid\"}")]
    [TestCase("check", "{\"kind\":\"divided\"}")]
    [Proves("FA-3", "S-SIO-31")]
    public async Task Whatever_a_contract_throws_the_event_is_passed_over(string name, string argument)
    {
        var client = await ConnectHereAsync();
        client.Text($"21[\"{name}\",{argument}]");
        await client.ExpectNothingAsync();
        Assert.Multiple(() =>
        {
            Assert.That(Journal.Logged, Has.One.StartsWith("Information 8104 "));
            Assert.That(Journal.Logged, Has.None.StartsWith("Error"));
        });
    }

    [Test]
    public async Task What_fits_is_taken_and_a_contract_that_cannot_be_made_is_the_handlers_failure()
    {
        var client = await ConnectHereAsync();
        client.Text("21[\"draw\",{\"$type\":\"circle\",\"x\":1}]");
        await client.ExpectAsync("431[\"Circle { X = 1 }\"]");
        client.Text("22[\"twice\",{}]");
        await client.ExpectNothingAsync();
        Assert.Multiple(() =>
        {
            Assert.That(Journal.Logged, Has.One.StartsWith("Error 8103 "));
            Assert.That(Journal.Logged, Has.None.StartsWith("Information 8104 "));
        });
    }

    [TestCase("{\"x\":1}")]
    [TestCase("{\"$type\":\"unknown\",\"x\":1}")]
    [TestCase("7")]
    [Proves("FA-3")]
    public void Data_that_have_come_back_in_another_form_are_none_of_the_type(string kept)
    {
        var data = new SocketData { Json = new(new(JsonSerializerDefaults.Web)) };
        data.Restore([new("shape", JsonElement.Parse(kept)), new("circle", JsonElement.Parse("{\"$type\":\"circle\",\"x\":2}"))]);
        Assert.Multiple(() =>
        {
            Assert.That(data.TryGet<Shape>("shape", out var none) ? none : null, Is.Null);
            Assert.That(data.TryGet<Shape>("circle", out var circle) ? circle : null, Is.EqualTo(new Circle(2)));
            Assert.That(() => data.TryGet<Twice>("shape", out _), Throws.InvalidOperationException, "the contract cannot be made");
        });
    }

    private async Task<FakeClient> ConnectHereAsync()
    {
        var server = new SocketIOServer { { "/", Consumer.Of<ShapesNamespace>() } };
        server.Prepare(Services);
        var client = Open(server);
        await client.EnterAsync();
        return client;
    }

    internal sealed partial class ShapesNamespace : SocketIOConsumer
    {
        [On("draw")]
        public string Draw(Shape shape) => $"{shape}";

        [On("check")]
        public string Check(Checked value) => $"{value}";

        [On("twice")]
        public string Twice(Twice value) => $"{value}";

        [On("echo")]
        public SocketIOArguments Echo(SocketIOArguments arguments) => arguments;
    }

    [JsonPolymorphic]
    [JsonDerivedType(typeof(Circle), "circle")]
    internal abstract record Shape;

    internal sealed record Circle(int X) : Shape;

    /// <summary>What a careless constructor throws.</summary>
    internal sealed record Checked
    {
        public Checked(string kind, string? name = null) => Kind = kind switch
        {
            "null" => name!.Trim(),
            "lacking" => throw new KeyNotFoundException(kind),
            "unsupported" => throw new NotSupportedException(kind),
            "invalid" => throw new InvalidOperationException(kind),
            _ => throw new DivideByZeroException(kind),
        };

        public string Kind { get; }

        public string? Name => null;
    }

    /// <summary>Has one name in JSON for two properties: the application's own mistake.</summary>
    internal sealed record Twice
    {
        [JsonPropertyName("name")]
        public string? First { get; init; }

        [JsonPropertyName("name")]
        public string? Second { get; init; }
    }
}
