using Channels.Tests.Support;

namespace Channels.Tests.EndToEnd;

/// <summary>What an operator writes wrong stops the start with a sentence, and nothing else is printed.</summary>
public sealed class OperatorMistakeTests
{
    // None of these gets as far as listening anywhere.
    [TestCase("--layer=redsi", "--layer is 'redsi': use memory, redis or redis-pubsub.")]
    [TestCase("--Channels:Server:AllowedHosts=http://x", "The server cannot start: Channels:Server:AllowedHosts holds 'http://x'")]
    [TestCase("--Channels:WebSocket:MaxMessageBytes=-1", "The server cannot start: Channels:WebSocket:MaxMessageBytes is -1")]
    [TestCase("--Channels:WebSocket:MaxMessageBytes=abc", "The server cannot start: Failed to convert configuration value 'abc' at 'Channels:WebSocket:MaxMessageBytes'")]
    [TestCase("--Channels:Layers:default:Capacity=0", "The server cannot start: ")]
    [TestCase("--urls=foo", "The server cannot start: 'foo' (--urls, ASPNETCORE_URLS) is no address to listen on: write http://HOST:PORT")]
    [TestCase("--urls=http://127.0.0.1:99999", "The server cannot start: 'http://127.0.0.1:99999' (--urls")]
    [TestCase("--urls=http://127.0.0.1:abc", "The server cannot start: 'http://127.0.0.1:abc' (--urls")]
    [TestCase("--urls=ftp://127.0.0.1:1", "The server cannot start: 'ftp://127.0.0.1:1' (--urls")]
    [TestCase("--Kestrel:Endpoints:Web:Url=http://[::1]:70000", "The server cannot start: 'http://[::1]:70000' (Kestrel:Endpoints:Web:Url)")]
    [TestCase("--unix-socket=/nowhere/app.sock", "The server cannot start: There is no directory '/nowhere' for the unix socket '/nowhere/app.sock'")]
    [Proves("FN-6")]
    public async Task An_operators_mistake_is_a_sentence_and_exit_1(string mistake, string sentence)
    {
        var result = await SampleProcess.RunAsync("Chat", mistake);
        Assert.That(result.ExitCode, Is.EqualTo(1), result.Output);
        Assert.That(result.Output.Trim(), Does.StartWith(sentence).And.Not.Contain("\n"));
    }
}
