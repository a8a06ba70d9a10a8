using Channels.Testing;
using Channels.Tests.Support;

namespace Channels.Tests.Testing;

/// <summary>What all communicators have in common.</summary>
public sealed class ApplicationCommunicatorTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(30);

    [Test]
    [Proves("C-TEST-04")]
    public async Task A_receive_that_times_out_leaves_the_application_alone()
    {
        await using var echo = Communicator.Application(Echo, new ChannelScope("echo"));
        Assert.That(() => echo.ReceiveOutputAsync<Event>(Soon), Throws.TypeOf<TimeoutException>().With.Message.Contains("still running"));

        await echo.SendInputAsync(new Said("after the time-out"));
        Assert.That(await echo.ReceiveOutputAsync<Said>(), Is.EqualTo(new Said("after the time-out")));
        await echo.SendInputAsync(new Bye());
        await echo.WaitAsync();
    }

    [Test]
    [Proves("C-TEST-05")]
    public async Task Receiving_nothing_holds_before_input_fails_while_output_waits_and_holds_after_it_was_read()
    {
        await using var echo = Communicator.Application(Echo, new ChannelScope("echo"));
        await echo.ReceiveNothingAsync();

        await echo.SendInputAsync(new Said("hi"));
        Assert.That(() => echo.ReceiveNothingAsync(), Throws.TypeOf<CommunicatorException>().With.Message.Contains("'test.said'"));
        Assert.That(() => echo.ReceiveNothingAsync(), Throws.TypeOf<CommunicatorException>(), "nothing was consumed");

        Assert.That((await echo.ReceiveOutputAsync<Said>()).Text, Is.EqualTo("hi"));
        await echo.ReceiveNothingAsync();
        Assert.That(echo.Completion.IsCompleted, Is.False);
    }

    [Test]
    public async Task Receiving_nothing_waits_for_a_busy_application()
    {
        var free = new TaskCompletionSource();
        await using var busy = Communicator.Application(
            async (_, receive, send) =>
            {
                await receive();
                await free.Task;
                await send(new Said("late"));
            },
            new ChannelScope("busy"));
        await busy.SendInputAsync(new Said("work"));
        var nothing = busy.ReceiveNothingAsync(TimeSpan.Zero);
        Assert.That(nothing.IsCompleted, Is.False, "the application has not come back for more");
        free.SetResult();
        Assert.That(() => nothing, Throws.TypeOf<CommunicatorException>());
    }

    [Test]
    [Proves("C-TEST-07")]
    public void A_communicator_can_be_made_anywhere_and_starts_the_application_late()
    {
        var started = false;
        ApplicationCommunicator? communicator = null;
        var thread = new Thread(() => communicator = Communicator.Application(
            (_, _, _) =>
            {
                started = true;
                return Task.CompletedTask;
            },
            new ChannelScope("late")));
        thread.Start();
        thread.Join();
        Assert.That(() => communicator!.WithUser("ann"), Throws.Nothing, "the scope can still be changed");
        Assert.That(started, Is.False);
    }

    [Test]
    [Proves("C-TEST-08")]
    public async Task Outputs_from_before_a_crash_stay_readable_then_the_error_is_thrown()
    {
        await using var failing = Communicator.Application(
            async (_, _, send) =>
            {
                await send(new Said("one"));
                await send(new Said("two"));
                throw new InvalidDataException("broken");
            },
            new ChannelScope("failing"));
        Assert.That((await failing.ReceiveOutputAsync<Said>()).Text, Is.EqualTo("one"));
        Assert.That((await failing.ReceiveOutputAsync<Said>()).Text, Is.EqualTo("two"));
        Assert.That(() => failing.ReceiveOutputAsync<Said>(), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("broken"));
        Assert.That(() => failing.ReceiveNothingAsync(), Throws.TypeOf<InvalidDataException>());
        Assert.That(async () => await failing.SendInputAsync(new Said("too late")), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    [Proves("C-TEST-09")]
    public async Task Waiting_reports_its_own_time_out_and_leaves_the_application_alone()
    {
        await using var echo = Communicator.Application(Echo, new ChannelScope("echo"));
        Assert.That(() => echo.WaitAsync(Soon), Throws.TypeOf<TimeoutException>());
        Assert.That(echo.Completion.IsCompleted, Is.False);
        await echo.SendInputAsync(new Bye());
        await echo.WaitAsync();
    }

    [Test]
    [Proves("E-71")]
    public async Task Time_outs_come_from_the_given_clock()
    {
        var time = new ManualTimeProvider();
        await using var echo = Communicator.Application(Echo, new ChannelScope("echo")).WithTime(time).WithTimeout(TimeSpan.FromHours(1));
        var receive = echo.ReceiveOutputAsync<Said>();
        await time.WaitForTimersAsync();
        time.Advance(TimeSpan.FromMinutes(59));
        Assert.That(receive.IsCompleted, Is.False);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(() => receive, Throws.TypeOf<TimeoutException>());
    }

    [Test]
    public async Task An_application_that_ends_without_a_word_is_told_at_once()
    {
        await using var silent = Communicator.Application((_, _, _) => Task.CompletedTask, new ChannelScope("silent")).WithTimeout(TimeSpan.FromHours(1));
        Assert.That(() => silent.ReceiveOutputAsync<Said>(), Throws.TypeOf<CommunicatorException>().With.Message.Contains("ended without"));
    }

    [Test]
    public async Task Disposing_throws_the_error_that_the_test_has_not_seen()
    {
        var unseen = Communicator.Application((_, _, _) => throw new InvalidDataException("unseen"), new ChannelScope("failing"));
        await Support.Eventually.Is(() => unseen.Completion.IsFaulted);
        Assert.That(async () => await unseen.DisposeAsync(), Throws.TypeOf<InvalidDataException>());

        var seen = Communicator.Application((_, _, _) => throw new InvalidDataException("seen"), new ChannelScope("failing"));
        Assert.That(() => seen.WaitAsync(), Throws.TypeOf<InvalidDataException>());
        await seen.DisposeAsync();
        await seen.DisposeAsync();
    }

    [Test]
    public async Task Disposing_ends_an_application_that_waits_for_input_and_reports_one_that_does_not_end()
    {
        var waiting = Communicator.Application(Echo, new ChannelScope("echo"));
        await waiting.ReceiveNothingAsync();
        await waiting.DisposeAsync();

        var stuck = new TaskCompletionSource();
        var hanging = Communicator.Application((_, _, _) => stuck.Task, new ChannelScope("stuck")).WithTimeout(Soon);
        _ = hanging.Completion;
        Assert.That(async () => await hanging.DisposeAsync(), Throws.TypeOf<TimeoutException>().With.Message.Contains("still running"));
        stuck.SetResult();
    }

    [Test]
    public async Task The_application_sees_nothing_ambient_of_the_test()
    {
        var ambient = new AsyncLocal<string?> { Value = "the test's own" };
        string? seen = "not run";
        await using var looking = Communicator.Application(
            (_, _, _) =>
            {
                seen = ambient.Value;
                return Task.CompletedTask;
            },
            new ChannelScope("looking"));
        await looking.WaitAsync();
        Assert.That(seen, Is.Null);
    }

    [Test]
    public async Task Giving_up_a_receive_loses_nothing()
    {
        await using var impatient = Communicator.Application(
            async (scope, receive, send) =>
            {
                using var soon = new CancellationTokenSource();
                var first = receive(soon.Token).AsTask();
                await soon.CancelAsync();
                Assert.That(async () => await first, Throws.InstanceOf<OperationCanceledException>());
                await send(new Said("gave up"));
                await send(await receive());
            },
            new ChannelScope("impatient"));
        await impatient.ReceiveOutputAsync<Said>();
        await impatient.SendInputAsync(new Said("still there"));
        Assert.That((await impatient.ReceiveOutputAsync<Said>()).Text, Is.EqualTo("still there"));
    }

    [Test]
    public async Task Configuration_after_the_start_is_refused()
    {
        await using var echo = Communicator.Application(Echo, new ChannelScope("echo"));
        await echo.SendInputAsync(new Bye());
        Assert.That(() => echo.WithUser("ann"), Throws.InvalidOperationException);
    }

    private static async Task Echo(Scope scope, Receive receive, Send send)
    {
        while (await receive() is Said said)
        {
            await send(said);
        }
    }

    private sealed record Said(string Text) : Event("test.said");

    private sealed record Bye() : Event("test.bye");
}
