using System.Text;
using System.Text.Json;
using Channels;
using Channels.SocketIO;

namespace Conformance;

/// <summary>What the tests of the official client ask of the main namespace.</summary>
internal sealed partial class ClientSuiteNamespace : SocketIOConsumer
{
    private static readonly byte[] Doge = Encoding.UTF8.GetBytes("asdfasdf");

    private int _blobs;

    [On("hi")]
    public ValueTask Hi() => Socket.EmitAsync("hi");

    [On("echo")]
    public SocketIOArguments Echo(SocketIOArguments arguments) => arguments;

    // Never acknowledged itself: the client sees its retries through. Beside the handlers, of which the answer is not to wait.
    [On("ack")]
    public void Ack(Acknowledgement acknowledgement) => Detach(async _ =>
    {
        var answer = await Socket.EmitWithAckAsync("ack");
        if (answer.TryGet<int>(0, out var five) && five == 5 && answer.TryGet<JsonElement>(1, out var test) && test.GetProperty("test").GetBoolean())
        {
            await Socket.EmitAsync("got it");
        }
    });

    [On("getAckDate")]
    public DateTimeOffset GetAckDate() => DateTimeOffset.UtcNow;

    [On("getDate")]
    public ValueTask GetDate() => Socket.EmitAsync("takeDate", DateTimeOffset.UtcNow);

    [On("getDateObj")]
    public ValueTask GetDateObj() => Socket.EmitAsync("takeDateObj", new { date = DateTimeOffset.UtcNow });

    [On("getUtf8")]
    public async ValueTask GetUtf8()
    {
        foreach (var text in (string[])["てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"])
        {
            await Socket.EmitAsync("takeUtf8", text);
        }
    }

    [On("false")]
    public ValueTask False() => Socket.EmitAsync("false", false);

    [On("doge")]
    public ValueTask SendDoge() => Socket.EmitAsync("doge", Doge);

    [On("getbin")]
    public ValueTask GetBin() => Socket.EmitAsync("takebin", Doge);

    [On("buffa")]
    public ValueTask Buffa(byte[] bytes) => SendIfAsync(bytes.Length > 0, "buffack");

    [On("jsonbuff")]
    public ValueTask JsonBuff(JsonElement content) => SendIfAsync(content.GetProperty("hello").GetString() == "lol" && content.GetProperty("goodbye").GetString() == "gotcha", "jsonbuff-ack");

    [On("jsonblob")]
    public ValueTask JsonBlob(JsonElement content) => SendIfAsync(content.GetProperty("hello").GetString() == "lol" && content.GetProperty("goodbye").GetString() == "gotcha", "jsonblob-ack");

    [On("abuff1")]
    public void Abuff1(byte[] bytes) => _blobs = bytes.Length > 0 ? 1 : 0;

    [On("abuff2")]
    public ValueTask Abuff2() => SendIfAsync(_blobs == 1, "abuff2-ack");

    [On("blob")]
    public ValueTask Blob(byte[] bytes) => Socket.EmitAsync("back", bytes);

    [On("blob1")]
    public void Blob1() => _blobs = 1;

    [On("blob2")]
    public void Blob2() => _blobs = _blobs == 1 ? 2 : 0;

    [On("blob3")]
    public ValueTask Blob3() => SendIfAsync(_blobs == 2, "blob3-ack");

    [On("getHandshake")]
    public ClientHandshake GetHandshake() => ClientHandshake.Of(Scope);

    [On("getId")]
    public string GetId() => Socket.Id;

    private ValueTask SendIfAsync(bool right, string name) => right ? Socket.EmitAsync(name) : ValueTask.CompletedTask;
}
