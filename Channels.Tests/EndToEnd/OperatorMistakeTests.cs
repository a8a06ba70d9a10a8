using System.Net;
using System.Net.Sockets;
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
    [TestCase("--unix-socket=/proc/app.sock", "The server cannot start: Cannot listen on http://unix:/proc/app.sock: ")]
    [TestCase("--urls=http://192.0.2.1:1", "The server cannot start: Cannot listen on http://192.0.2.1:1: ")]
    [TestCase("--urls=https://127.0.0.1:0", "The server cannot start: Cannot listen on https://127.0.0.1:0: Unable to configure HTTPS endpoint.")]
    [TestCase("--Kestrel:Certificates:Default:Path=/nowhere.pem", "The server cannot start: Kestrel:Certificates:Default:Path: Could not find file '/nowhere.pem'.")]
    [Proves("FN-6")]
    public async Task An_operators_mistake_is_a_sentence_and_exit_1(string mistake, string sentence)
    {
        var result = await SampleProcess.RunAsync("Chat", mistake);
        Assert.That(result.ExitCode, Is.EqualTo(1), result.Output);
        Assert.That(result.Output.Trim(), Does.StartWith(sentence).And.Not.Contain("\n"));
    }

    [TestCase("--ping-interval=abc", "--ping-interval is 'abc': give a whole number from 10 to 3600000.")]
    [TestCase("--ping-timeout=9", "--ping-timeout is '9': give a whole number from 10 to 3600000.")]
    [TestCase("--connect-timeout=1.5", "--connect-timeout is '1.5': give a whole number from 10 to 3600000.")]
    [TestCase("--max-payload=-1", "--max-payload is '-1': give a whole number from 1 to 2147483647.")]
    [TestCase("--max-message-bytes=abc", "The server cannot start: Failed to convert configuration value 'abc' at 'Channels:WebSocket:MaxMessageBytes'")]
    [TestCase("--socketio-fixture=klient", "--socketio-fixture is 'klient': use protocol or client.")]
    [TestCase("--socketio-parser=xml", "--socketio-parser is 'xml': use json or msgpack.")]
    [Proves("FN-6")]
    public async Task A_samples_own_switches_are_read_as_strictly(string mistake, string sentence)
    {
        var result = await SampleProcess.RunAsync("Conformance", mistake);
        Assert.That(result.ExitCode, Is.EqualTo(1), result.Output);
        Assert.That(result.Output.Trim(), Does.StartWith(sentence).And.Not.Contain("\n"));
    }

    [TestCase("{\n  \"Channels\": {\n    \"Server\" }\n}", "It is no JSON: the mistake is at line 3, byte 14.")]
    [TestCase("[]", "Top-level JSON element must be an object.")]
    [TestCase("""{ "a": 1, "A": 2 }""", "A duplicate key 'A' was found.")]
    [Proves("FN-6")]
    public async Task A_settings_file_that_cannot_be_read_is_a_sentence_that_names_it(string text, string reason)
    {
        using var folder = new TestFolder();
        var file = folder.PathOf("appsettings.json");
        await File.WriteAllTextAsync(file, text);
        var result = await SampleProcess.RunAsync("Chat", $"--contentRoot={folder.Path}");
        Assert.That(result.ExitCode, Is.EqualTo(1), result.Output);
        Assert.That(result.Output.Trim(), Does.StartWith($"Failed to load configuration from file '{file}'. {reason}").And.Not.Contain("\n"));
    }

    [TestCase("/nowhere", "/nowhere")]
    [TestCase("/no\nwhere", "/no where")]
    [Proves("FN-6")]
    public async Task A_folder_of_settings_that_is_not_there_is_a_sentence(string folder, string shown)
    {
        var result = await SampleProcess.RunAsync("Chat", $"--contentRoot={folder}");
        Assert.That(result.ExitCode, Is.EqualTo(1), result.Output);
        Assert.That(result.Output.Trim(), Does.StartWith($"There is no directory '{shown}").And.Not.Contain("\n"));
    }

    [Test]
    [Proves("FN-6")]
    public async Task A_port_in_use_is_a_sentence_without_a_stack()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var result = await SampleProcess.RunAsync("Chat", $"--urls=http://{other.LocalEndpoint}");
        Assert.That(result.ExitCode, Is.EqualTo(1), result.Output);
        Assert.That(result.Output.Trim(), Is.EqualTo($"The server cannot start: Failed to bind to address http://{other.LocalEndpoint}: address already in use."));
    }

    [Test]
    [Proves("FN-6")]
    public async Task A_Redis_that_is_away_when_the_server_starts_is_a_sentence_without_a_stack()
    {
        var result = await SampleProcess.RunAsync("Conformance", "--urls=http://127.0.0.1:0", "--layer=redis", "--redis=127.0.0.1:1");
        Assert.That(result.ExitCode, Is.EqualTo(1), result.Output);
        Assert.That(result.Output, Does.Contain("The server cannot start: The channel layer 'default' is unavailable: Redis host 127.0.0.1:1 is away").And.Not.Contain("   at "));
    }
}
