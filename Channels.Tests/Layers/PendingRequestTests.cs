namespace Channels.Tests.Layers;

/// <summary>What a request takes for its last word.</summary>
public sealed class PendingRequestTests
{
    [Test]
    public async Task That_nobody_takes_up_a_copy_says_nothing_about_the_request_that_is_at_work()
    {
        var pending = new PendingRequest();
        var mark = new RequestMark(pending.Id, "replies.a", null);
        pending.Receive(mark.Begun("replies.b"));
        pending.Receive(mark.Nobody("the channel is closed"));
        Assert.That((pending.Reply.IsCompleted, pending.BegunAt), Is.EqualTo((false, "replies.b")));
        var answer = mark.Answer(null);
        pending.Receive(answer);
        Assert.That(await pending.Reply, Is.SameAs(answer));
    }

    [Test]
    public async Task That_nobody_takes_up_the_request_is_the_last_word()
    {
        var pending = new PendingRequest();
        var mark = new RequestMark(pending.Id, "replies.a", null);
        var nobody = mark.Nobody("the channel is closed");
        pending.Receive(nobody);
        pending.Receive(mark.Answer(null));
        Assert.That(await pending.Reply, Is.SameAs(nobody));
    }
}
