using Channels.SocketIO;
using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>Events and acknowledgements, both ways.</summary>
internal sealed class EventTests : SocketIOFixture
{
    [TestCase("2[\"message\",1,\"2\",{\"3\":[true]}]", "42[\"message-back\",1,\"2\",{\"3\":[true]}]")]
    [TestCase("2456[\"message-with-ack\",1,\"2\",{\"3\":[false]}]", "43456[1,\"2\",{\"3\":[false]}]")]
    [TestCase("2007[\"message-with-ack\",{\"b\":null,\"a\":\"\"},[],{}]", "437[{\"b\":null,\"a\":\"\"},[],{}]")]
    [Proves("S-SIO-22", "S-SIO-24", "S-SIO-42", "S-SIO-48")]
    public async Task Arguments_come_back_byte_for_byte(string text, string expected)
    {
        var client = await ConnectAsync();
        client.Text(text);
        await client.ExpectAsync(expected);
    }

    [TestCase("52-[\"message\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]", "452-[\"message-back\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]", "010203", "040506")]
    [TestCase("52-789[\"message-with-ack\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]", "462-789[{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]", "010203", "040506")]
    [TestCase("52-[\"message\",{\"a\":[{\"num\":1,\"_placeholder\":true}]},{\"_placeholder\":true,\"num\":0}]", "452-[\"message-back\",{\"a\":[{\"_placeholder\":true,\"num\":0}]},{\"_placeholder\":true,\"num\":1}]", "040506", "010203")]
    [Proves("S-SIO-23", "S-SIO-25")]
    public async Task Bytes_come_back_at_their_places(string text, params string[] expected)
    {
        var client = await ConnectAsync();
        client.Text(text);
        client.Binary(1, 2, 3);
        client.Binary(4, 5, 6);
        await client.ExpectAsync(expected);
    }

    [TestCase("abc")]
    [TestCase("2{}")]
    [TestCase("2abc[\"message-with-ack\",1]")]
    [TestCase("2")]
    [TestCase("2[]")]
    [TestCase("2[null]")]
    [TestCase("2[{}]")]
    [TestCase("2[\"connect\"]")]
    [TestCase("2[\"disconnecting\"]")]
    [TestCase("2[\"newListener\"]")]
    [TestCase("2[\"\\ud800\"]")]
    [TestCase("2[\"a\"]x")]
    [TestCase("29007199254740992[\"message\"]")]
    [TestCase("299999999999999999999[\"message\"]")]
    [TestCase("3{\"a\":1}")]
    [TestCase("4{\"message\":\"a\"}")]
    [TestCase("7")]
    [TestCase("8[\"message\"]")]
    [TestCase("9")]
    [TestCase("50-[\"message\"]")]
    [TestCase("511-[\"message\"]")]
    [TestCase("51[\"message\"]")]
    [TestCase("5-[\"message\"]")]
    [TestCase("5-1-[\"message\"]")]
    [TestCase("51.5-[\"message\"]")]
    [TestCase("2[\"message\",{\"_placeholder\":true,\"num\":0}]")]
    [TestCase("2[\"message\",{\"\\u005fplaceholder\":true,\"num\":0}]")]
    [Proves("S-SIO-26", "S-SIO-27", "S-SIO-28", "S-SIO-39", "S-SIO-40", "S-SIO-42", "S-SIO-43", "S-SIO-44", "SEC-62", "SEC-63")]
    public async Task What_is_against_the_protocol_closes(string text)
    {
        var client = await ConnectAsync();
        client.Text(text);
        await client.ExpectAsync("close");
        Assert.That(await Journal.NextAsync(), Is.EqualTo("left forced close from "));
    }

    [TestCase("{\"_placeholder\":true,\"num\":1}")]
    [TestCase("{\"_placeholder\":true,\"num\":-1}")]
    [TestCase("{\"_placeholder\":true,\"num\":0.5}")]
    [TestCase("{\"_placeholder\":true,\"num\":\"0\"}")]
    [TestCase("{\"_placeholder\":true,\"num\":{}}")]
    [TestCase("{\"_placeholder\":true}")]
    [TestCase("{\"_placeholder\":true,\"num\":0,\"x\":1}")]
    [TestCase("{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":0}")]
    [Proves("S-SIO-45", "SEC-62")]
    public async Task A_placeholder_that_is_none_closes(string placeholder)
    {
        var client = await ConnectAsync();
        client.Text($"51-[\"message\",{placeholder}]");
        client.Binary(1);
        await client.ExpectAsync("close");
    }

    [Test]
    [Proves("S-SIO-45")]
    public async Task Text_in_the_place_of_bytes_closes()
    {
        var client = await ConnectAsync();
        client.Text("51-[\"message\",{\"_placeholder\":true,\"num\":0}]");
        client.Text("2[\"message\"]");
        await client.ExpectAsync("close");
    }

    [Test]
    [Proves("S-SIO-45")]
    public async Task Bytes_that_were_not_announced_close()
    {
        var client = await ConnectAsync();
        client.Binary(1);
        await client.ExpectAsync("close");
    }

    [Test]
    [Proves("S-SIO-46", "SEC-62")]
    public async Task Bytes_of_one_packet_are_limited_together()
    {
        var client = await ConnectAsync(MakeServer(new() { MaxPacketBytes = 1_000 }));
        client.Text("52-[\"message\"]");
        client.Binary(new byte[600]);
        client.Binary(new byte[600]);
        await client.ExpectAsync("close");
    }

    [TestCase(254, true)]
    [TestCase(10_000, false)]
    [Proves("S-SIO-47")]
    public async Task Nesting_is_limited(int levels, bool isTaken)
    {
        var client = await ConnectAsync();
        var nested = new string('[', levels) + new string(']', levels);
        client.Text($"21[\"echo\",{nested}]");
        await client.ExpectAsync(isTaken ? $"431[{nested}]" : "close");
    }

    [Test]
    [Proves("S-SIO-29")]
    public async Task An_event_is_acknowledged_once()
    {
        var client = await ConnectAsync();
        client.Text("21[\"twice\"]");
        await client.ExpectAsync("431[1]");
        await client.ExpectNothingAsync();
    }

    [Test]
    [Proves("S-SIO-30")]
    public async Task A_handler_without_a_result_acknowledges_when_it_is_done()
    {
        var client = await ConnectAsync();
        client.Text("25[\"nothing\"]");
        await client.ExpectAsync("435[]");
        client.Text("2[\"nothing\"]");
        client.Text("26[\"never\"]");
        await client.ExpectNothingAsync();
        Assert.That(await Journal.NextAsync(), Is.EqualTo("nothing"));
        Assert.That(await Journal.NextAsync(), Is.EqualTo("nothing"));
        Assert.That(await Journal.NextAsync(), Is.EqualTo("wanted True"));
    }

    [TestCase("21[\"unknown\",1]")]
    [TestCase("21[\"Echo\",1]")]
    [TestCase("21[5,1]")]
    [TestCase("21[\"sum of: two, numbers\",\"x\"]")]
    [TestCase("21[\"sum of: two, numbers\"]")]
    [TestCase("21[\"join\",null]")]
    [Proves("S-SIO-31", "S-SIO-33", "S-SIO-41")]
    public async Task What_nobody_handles_is_neither_acknowledged_nor_echoed(string text)
    {
        var client = await ConnectAsync();
        client.Text(text);
        await client.ExpectNothingAsync();
    }

    [Test]
    [Proves("S-SIO-32")]
    public async Task A_handler_that_fails_is_logged_and_ends_nothing()
    {
        var client = await ConnectAsync();
        client.Text("21[\"fail\"]");
        await client.ExpectNothingAsync();
        Assert.That(Journal.Logged, Has.Some.StartsWith("Error 8103 A handler of MainNamespace failed"));
    }

    [Test]
    [Proves("S-SIO-33")]
    public async Task A_name_may_be_any_text_and_parameters_may_be_left_out()
    {
        var client = await ConnectAsync();
        client.Text("21[\"sum of: two, numbers\",3]");
        client.Text("22[\"sum of: two, numbers\",3,4,5]");
        await client.ExpectAsync("431[13]", "432[7]");
    }

    [Test]
    [Proves("S-SIO-23")]
    public async Task Arguments_are_read_as_the_types_of_parameters()
    {
        var client = await ConnectAsync();
        client.Text("52-1[\"typed\",\"ä\",null,{\"_placeholder\":true,\"num\":1},{\"name\":\"cat\",\"content\":{\"_placeholder\":true,\"num\":0}}]");
        client.Binary(1, 2);
        client.Binary(3, 4);
        await client.ExpectAsync("431[\"ä none 0304 cat 0102 True\"]");
    }

    [Test]
    [Proves("S-SIO-48")]
    public async Task Bytes_inside_of_objects_are_attachments_and_dates_are_text()
    {
        var client = await ConnectAsync();
        client.Text("21[\"picture\"]");
        await client.ExpectAsync("461-1[{\"name\":\"cat\",\"content\":{\"_placeholder\":true,\"num\":0},\"taken\":\"2026-01-02T03:04:05+00:00\"}]", "0102");
    }

    [Test]
    [Proves("S-SIO-34", "S-SIO-35", "S-SIO-37")]
    public async Task The_server_waits_for_an_answer_and_passes_over_others()
    {
        var client = await ConnectAsync();
        client.Text("2[\"ask\",\"why\"]");
        await client.ExpectAsync("420[\"question\",\"why\"]");
        client.Text("35[1]");
        client.Text("3[1]");
        client.Text("61-0[{\"_placeholder\":true,\"num\":0},2]");
        client.Binary(1, 2);
        Assert.That(await Journal.NextAsync(), Is.EqualTo("answered 2 \"AQI=\""));
        client.Text("30[1]");
        await client.ExpectNothingAsync();
    }

    [Test]
    [Proves("S-SIO-35", "S-SIO-36")]
    public async Task An_answer_that_does_not_come_is_given_up()
    {
        var client = await ConnectAsync();
        client.Text("2[\"ask\",\"why\"]");
        await client.ExpectAsync("420[\"question\",\"why\"]");
        await Time.WaitForTimersAsync();
        Time.Advance(TimeSpan.FromSeconds(5));
        Assert.That(await Journal.NextAsync(), Is.EqualTo("timeout"));
        client.Text("2[\"ask\",\"again\"]");
        await client.ExpectAsync("421[\"question\",\"again\"]");
        client.Leave();
        Assert.That(await Journal.NextAsync(), Is.EqualTo("gone"));
    }

    [TestCase("demand")]
    [TestCase("demand beside")]
    [Proves("S-SIO-74")]
    public async Task That_a_client_leaves_before_it_has_answered_is_nobodys_mistake(string demand)
    {
        var client = await ConnectAsync();
        client.Text($"2[\"{demand}\"]");
        await client.ExpectAsync("420[\"question\"]");
        client.Text("2[\"nothing\"]");
        client.Leave();
        Assert.That(await Journal.NextAsync(), Is.EqualTo("nothing"));
        Assert.That(await Journal.NextAsync(), Does.StartWith("left "));
        await client.DisposeAsync(); // all of its work has ended
        Assert.That(Journal.Logged, Has.None.StartsWith("Error"));
    }

    [Test]
    [Proves("S-SIO-55")]
    public async Task That_a_client_has_gone_is_heard_although_as_much_of_it_waits_as_may()
    {
        var client = await ConnectAsync(MakeServer(new() { MaxWaitingEvents = 1 }));
        client.Text("2[\"stall\"]");
        client.Text("2[\"nothing\"]");
        client.Text("2[\"nothing\"]");
        Assert.That(await Journal.NextAsync(), Is.EqualTo("stalled"));
        client.Leave();
        Assert.That(await Journal.NextAsync(), Is.EqualTo("left transport close from ")); // the handler has heard of it, too
    }

    [Test]
    [Proves("S-SIO-38", "S-SIO-50")]
    public async Task Events_are_handled_in_their_order()
    {
        var client = await ConnectAsync();
        for (var i = 0; i < 200; i++)
        {
            client.Text($"2{i}[\"echo\",{i}]");
        }

        for (var i = 0; i < 200; i++)
        {
            await client.ExpectAsync($"43{i}[{i}]");
        }
    }

    [Test]
    [Proves("S-SIO-40")]
    public async Task A_name_of_the_clients_own_cannot_be_emitted()
    {
        await using var client = await ConnectAsync();
        Assert.That(() => Server.Of("/").EmitAsync("connect").AsTask(), Throws.ArgumentException.With.Message.Contains("'connect' is an event of the client's own"));
        Assert.That(() => Server.Of("/").EmitAsync("many", [.. Enumerable.Range(0, 11).Select(_ => (object)new byte[1])]).AsTask(), Throws.ArgumentException.With.Message.Contains("clients take 10 at most"));
        Assert.That(() => Server.Of("/").EmitAsync("odd", new Dictionary<string, object> { ["_placeholder"] = true, ["num"] = 0 }).AsTask(), Throws.ArgumentException.With.Message.Contains("'_placeholder'"));
    }
}
